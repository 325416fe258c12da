"""The leaderboard for people: a table per data set, class and suite, the best robust figure first."""

from collections.abc import Iterator
from html import escape

import pandas as pd

from cobra.reporting.pages.page import page
from cobra.reporting.tables.notes import attack_words
from cobra.sharing.leaderboard.ranking import Entry, boards, ranks, verdict_of
from cobra.sharing.leaderboard.record import Record

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
STYLE = """
body { max-width: 66rem; }
h2 { margin: 2rem 0 .3rem; }
table { font-size: .9rem; margin: .6rem 0; width: 100%; }
th, td { padding: .3rem .9rem .3rem 0; }
th:first-child, td:first-child { position: static; min-width: 0; white-space: nowrap; }
thead th { min-width: 0; }
th:nth-child(2), td:nth-child(2) { position: sticky; left: 0; background: #fff; }
td:nth-child(2) { white-space: normal; min-width: 9rem; }
td:nth-child(4), td:nth-child(7) { white-space: normal; }
tr.fails td { color: #595959; background: #f6f6f6; }
tr.fails td:nth-child(3), tr.fails td:nth-child(4), tr.fails a { color: #a33600; }
ul { margin: .4rem 0; }
ul:target li { color: #222; background: #fdf3d8; }
.interval { white-space: nowrap; }
td small { color: #595959; }
.origin { border: 1px solid #767676; border-radius: .6rem; padding: 0 .5rem; }
.submitted { border-color: #0072b2; color: #005a8e; font-weight: bold; }
details { color: #555; margin: .2rem 0; }
summary { cursor: pointer; }
@media (max-width: 40rem) {
  table { font-size: .8rem; }
  th, td { padding-right: .4rem; }
  td:nth-child(2) { min-width: 6rem; }
  td:nth-child(3) { white-space: normal; min-width: 4rem; }
  td:nth-child(2) small { overflow-wrap: anywhere; }
}
"""
HEADINGS = ("Rank", "Detector", "Robust AUROC", "Gates", "Origin", "Clean AUROC", "Further attacks")
FIGURES = (2, 5)  # of HEADINGS


def leaderboard_pages(entries: list[Entry]) -> dict[str, str]:
    """The page by suffix."""
    return {".md": _markdown(entries), ".html": _html(entries)}


def _markdown(entries: list[Entry]) -> str:
    parts = [f"# {TITLE}", HOW, ORIGINS]
    for board in boards(entries).values():
        rows = [_cells(entry, rank) for entry, rank in zip(board, ranks(board), strict=True)]
        frame = pd.DataFrame(rows, columns=HEADINGS)
        frame["Detector"] = [_plain(text) for text in frame["Detector"]]
        parts += [f"## {heading(board)}", frame.to_markdown(index=False, disable_numparse=True)]
        notes = [*_suite_notes(board), *(note for entry in board for note in _notes(entry))]
        parts.append("\n".join(f"- {note.replace('<', '&lt;')}" for note in notes))
    return "\n\n".join([*parts, *_empty(entries)]) + "\n"


def _html(entries: list[Entry]) -> str:
    body = "".join(f"<p>{escape(text)}</p>\n" for text in (HOW, ORIGINS, *_empty(entries)))
    named = {f"board-{number}": board for number, board in enumerate(boards(entries).values(), 1)}
    if len(named) > 1:
        links = (f"<li><a href='#{name}'>{escape(heading(board))}</a></li>" for name, board in named.items())
        body += f"<nav><ul>{''.join(links)}</ul></nav>\n"
    return page(TITLE, body + "".join(map(_html_board, named, named.values())), STYLE)


def _html_board(name: str, board: list[Entry]) -> str:
    """Its heading, which is linked to by `name`, its table and what stands below it."""
    head = "".join(f"<th>{title}</th>" for title in HEADINGS)
    names = [f"{name}-{place}" for place in range(1, 1 + len(board))]
    rows = "".join(map(_html_row, names, board, ranks(board)))
    suite = "".join(f"<li>{escape(note)}</li>" for note in _suite_notes(board))
    return (
        f"<h2 id='{name}'>{escape(heading(board))}</h2>\n"
        f"<div class='wide'><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>\n"
        f"<details><summary>The suite, attack by attack</summary><ul>{suite}</ul></details>\n"
        f"{''.join(map(_html_notes, names, board))}\n"
    )


def _html_notes(name: str, entry: Entry) -> str:
    """What is told of an entry, to which its row links by `name`."""
    notes = "".join(f"<li>{escape(note)}</li>" for note in _notes(entry))
    return f"<ul id='{name}'>{notes}</ul>" if notes else ""


def _plain(text: str) -> str:
    """What somebody wrote, as a cell of Markdown."""
    return text.replace("<", "&lt;").replace("|", "\\|")


def _empty(entries: list[Entry]) -> list[str]:
    return [] if entries else ["There are no records."]


def _html_row(name: str, entry: Entry, rank: int | None) -> str:
    cells = [escape(text) for text in _cells(entry, rank)]
    if entry.record.about.origin:
        cells[1] += f"<br><small>{escape(entry.record.about.origin)}</small>"
    for column in FIGURES:
        cells[column] = cells[column].replace("[", "<span class='interval'>[") + "</span>"
    if entry.record.failed:
        cells[3] = f"<a href='#{name}'>{cells[3]}</a>"
    cells[4] = f"<span class='origin {entry.origin}'>{cells[4]}</span>"
    kind = " class='fails'" if entry.record.failed else ""
    return f"<tr{kind}>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>\n"


def _cells(entry: Entry, rank: int | None) -> list[str]:
    """As HEADINGS."""
    record = entry.record
    robust = f"{record.robust.auroc:.1f} [{record.robust.low:.1f}, {record.robust.high:.1f}]"
    return [
        NONE if rank is None else str(rank),
        f"{record.label}, {_which(record)}",
        f"<= {robust}" if record.failed else robust,
        _gates(record),
        entry.origin,
        f"{record.clean.auroc:.1f} [{record.clean.low:.1f}, {record.clean.high:.1f}]",
        ", ".join(record.further) or "none",
    ]


def _which(record: Record) -> str:
    """Score, where it does not go without saying, and seed."""
    score = record.named("score")
    return ("" if score in ("similarity", "own") else f"{score} score, ") + f"seed {record.named('seed')}"


def _gates(record: Record) -> str:
    if record.failed:
        return f"fails gate {', '.join(map(str, record.failed))}"
    lacking = sum(verdict.verdict == "not applicable" for verdict in record.gates)
    return f"{verdict_of(record)} ({lacking} not applicable)" if lacking else verdict_of(record)


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
            source = " on another detector" if attack.source else ""
            yield f"{name}: {attack_words(attack, source)}"


def _notes(entry: Entry) -> Iterator[str]:
    """Each failure in its words, and what is told of the detector."""
    record, name = entry.record, f"{entry.record.label}, {_which(entry.record)}"
    for verdict in record.gates:
        if verdict.verdict == "fail":
            yield f"{name}: gate {verdict.gate} ({verdict.name}): {verdict.said}."
    told = [text for text in (record.about.contact, record.about.citation) if text]
    if told:
        yield f"{name}: {'; '.join(told)}"
