"""The leaderboard for people: a table per data set, class and suite, the best robust AUROC first."""

from collections.abc import Iterator

import pandas as pd
from jinja2 import Environment

from cobra.reporting.pages.render import page
from cobra.reporting.tables.notes import attack_words
from cobra.sharing.leaderboard.page_template import BODY, STYLE
from cobra.sharing.leaderboard.ranking import Entry, boards
from cobra.sharing.leaderboard.record import Figure, Record

TITLE = "Leaderboard: robust AUROC of the detectors"
NONE = "–"
SHORT = 12  # digits of a digest that are shown
HOW = (
    "The figure that ranks is the AUROC in % left when each test image was changed by the attack that hurts "
    "it most, with its bootstrap interval. A figure after <= failed a gate: it is an upper bound, not a "
    "robust figure, and has no rank. Equal figures share a rank; a lead within the intervals is none."
)
ORIGINS = (
    "Origin: here, made by this workflow; submitted, made elsewhere and checked against its score files: "
    "figures and gates 1, 2, 3, 5, 8, 9 and 10 follow from them, gates 4, 6 and 7 are as stated "
    "(docs/sharing.md)."
)
HEADINGS = ("Rank", "Detector", "Robust AUROC", "Gates", "Origin", "Clean AUROC", "Further attacks")


def leaderboard_pages(entries: list[Entry]) -> dict[str, str]:
    """The page by suffix."""
    paragraphs = [HOW, ORIGINS] if entries else [HOW, ORIGINS, "There are no records."]
    found = boards(entries)
    asked = {"heading": heading, "cells": _cells, "suite": _suite_notes, "notes": _notes}
    template = Environment(autoescape=True).from_string(BODY, asked)
    body = template.render(paragraphs=paragraphs, boards=found, headings=HEADINGS)
    return {".md": _markdown(paragraphs, found), ".html": page(TITLE, body, STYLE)}


def _markdown(paragraphs: list[str], found: list[list[Entry]]) -> str:
    parts = [f"# {TITLE}", *paragraphs]
    for board in found:
        cells = pd.DataFrame(map(_cells, board), columns=HEADINGS)
        cells["Detector"] = [_plain(text) for text in cells["Detector"]]
        notes = [*_suite_notes(board), *(note for entry in board for note in _notes(entry))]
        parts += [f"## {heading(board)}", cells.to_markdown(index=False, disable_numparse=True)]
        parts.append("\n".join(f"- {note.replace('<', '&lt;')}" for note in notes))
    return "\n\n".join(parts) + "\n"


def _plain(text: str) -> str:
    """What somebody wrote, as a cell of Markdown."""
    return text.replace("<", "&lt;").replace("|", "\\|")


def _cells(entry: Entry) -> list[str]:
    """As HEADINGS."""
    record = entry.record
    return [
        NONE if entry.rank is None else str(entry.rank),
        _name(record),
        ("<= " if record.failed else "") + _estimate(record.robust),
        _gates(entry),
        entry.origin,
        _estimate(record.clean),
        ", ".join(record.further) or "none",
    ]


def _estimate(figure: Figure) -> str:
    return f"{figure.auroc:.1f} [{figure.low:.1f}, {figure.high:.1f}]"


def _name(record: Record) -> str:
    """Label, score, where it does not go without saying, and seed."""
    score = record.named("score")
    named = "" if score in ("similarity", "own") else f"{score} score, "
    return f"{record.label}, {named}seed {record.named('seed')}"


def _gates(entry: Entry) -> str:
    record = entry.record
    if record.failed:
        return f"fails gate {', '.join(map(str, record.failed))}"
    lacking = sum(verdict.verdict == "not applicable" for verdict in record.gates)
    return entry.gates + (f" ({lacking} not applicable)" if lacking else "")


def heading(board: list[Entry]) -> str:
    """Data set, class, budget and test images of a board."""
    record = board[0].record
    norm = "l-inf" if record.norm == "linf" else "l2"
    images = f"{record.images.normal} normal and {record.images.anomalies} anomalous test images"
    about = f"{record.named('dataset')}, class {record.named('normal')} normal"
    return f"{about}: {norm} eps {record.eps:.4g}, {images}"


def _suite_notes(board: list[Entry]) -> Iterator[str]:
    """The attacks that all of a board were put to, and those that some were put to beyond."""
    suite = board[0].record.suite
    yield f"Suite {suite.digest[:SHORT]}, which all detectors were put to:"
    yield from (f"{name}: {attack_words(attack)}" for name, attack in suite.attacks.items())
    further = {name: attack for entry in board for name, attack in entry.record.further.items()}
    if further:
        yield "Further attacks, on those that name them, which can only lower their figures:"
    for name, attack in further.items():
        yield f"{name}: {attack_words(attack, ' on another detector' if attack.source else '')}"


def _notes(entry: Entry) -> Iterator[str]:
    """Each failure in its words, and what is told of the detector."""
    record = entry.record
    for verdict in record.gates:
        if verdict.verdict == "fail":
            yield f"{_name(record)}: gate {verdict.gate} ({verdict.name}): {verdict.said}."
    told = [text for text in (record.about.contact, record.about.citation) if text]
    if told:
        yield f"{_name(record)}: {'; '.join(told)}"
