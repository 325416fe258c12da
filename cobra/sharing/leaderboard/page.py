"""The leaderboard for people: a table per data set, class and suite, the best robust AUROC first.

Its template and style stand here, not in files of their own, so that the code digest covers them.
"""

from collections.abc import Iterator

import pandas as pd
from jinja2 import Environment

from cobra.reporting.pages.render import page
from cobra.reporting.tables.notes import attack_words
from cobra.sharing.leaderboard.ranking import Entry, boards
from cobra.sharing.leaderboard.record import Figure, Record

TITLE = "Leaderboard: robust AUROC of the detectors"
NONE = "–"
SHORT = 12  # digits of a digest that are shown
HOW = (
    "The figure that ranks is the AUROC in % left when each test image was changed by the attack that hurts "
    "it most, with its interval. A figure after <= failed a gate: it is an upper bound, not a "
    "robust figure, and has no rank. Equal figures share a rank; a lead within the intervals is none."
)
ORIGINS = (
    "Origin: here, made by this workflow; submitted, made elsewhere and checked against its score files: "
    "figures and gates 1, 2, 3, 5, 8, 9 and 10 follow from them, gates 4, 6, 7 and 11 are as stated "
    "(docs/sharing.md)."
)
HEADINGS = ("Rank", "Detector", "Robust AUROC", "Gates", "Origin", "Clean AUROC", "Further attacks")

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

BODY = """
{%- macro estimate(text) %}{% set figure, _, interval = text.partition("[") -%}
{{ figure }}<span class='interval'>[{{ interval }}</span>{% endmacro -%}
{%- for text in paragraphs %}<p>{{ text }}</p>
{% endfor %}
{%- if boards | length > 1 %}<nav><ul>
{%- for board in boards %}<li><a href='#board-{{ loop.index }}'>{{ heading(board) }}</a></li>{% endfor -%}
</ul></nav>
{% endif %}
{%- for board in boards %}{% set name = "board-%d" % loop.index -%}
<h2 id='{{ name }}'>{{ heading(board) }}</h2>
<div class='wide'><table><thead><tr>
{%- for title in headings %}<th>{{ title }}</th>{% endfor %}</tr></thead><tbody>
{% for entry in board %}{% set fails, address = entry.record.failed, entry.record.about.origin -%}
{% set rank, detector, robust, gates, origin, clean, further = cells(entry) -%}
<tr{% if fails %} class='fails'{% endif %}><td>{{ rank }}</td><td>{{ detector }}
{%- if address %}<br><small>{{ address }}</small>{% endif %}</td><td>{{ estimate(robust) }}</td><td>
{%- if fails %}<a href='#{{ name }}-{{ loop.index }}'>{{ gates }}</a>{% else %}{{ gates }}{% endif -%}
</td><td><span class='origin {{ origin }}'>{{ origin }}</span></td><td>{{ estimate(clean) }}</td><td>
{{- further }}</td></tr>
{% endfor %}</tbody></table></div>
<details><summary>The suite, attack by attack</summary><ul>
{%- for note in suite(board) %}<li>{{ note }}</li>{% endfor %}</ul></details>
{% for entry in board %}{% set told = notes(entry) | list -%}
{% if told %}<ul id='{{ name }}-{{ loop.index }}'>
{%- for note in told %}<li>{{ note }}</li>{% endfor %}</ul>{% endif %}
{%- endfor %}
{% endfor %}"""


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
        words = cells["Detector"]  # somebody else's
        cells["Detector"] = [text.replace("<", "&lt;").replace("|", "\\|") for text in words]
        notes = [*_suite_notes(board), *(note for entry in board for note in _notes(entry))]
        parts += [f"## {heading(board)}", cells.to_markdown(index=False, disable_numparse=True)]
        parts.append("\n".join(f"- {note.replace('<', '&lt;')}" for note in notes))
    return "\n\n".join(parts) + "\n"


def _cells(entry: Entry) -> list[str]:
    """As HEADINGS."""
    record = entry.record
    gates = entry.gates
    lacking = sum(verdict.verdict == "not applicable" for verdict in record.gates)
    if record.failed:
        gates = f"fails gate {', '.join(map(str, record.failed))}"
    elif lacking:
        gates += f" ({lacking} not applicable)"
    return [
        NONE if entry.rank is None else str(entry.rank),
        _name(record),
        ("<= " if record.failed else "") + _estimate(record.robust),
        gates,
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
