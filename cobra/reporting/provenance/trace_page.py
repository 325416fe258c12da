"""The provenance of a table as a page: a row per score file, and the settings behind them."""

from html import escape
from pathlib import Path

import pandas as pd

from cobra.artifacts.differences import leaves
from cobra.machine.progress import in_words
from cobra.reporting.pages.page import page
from cobra.reporting.provenance.trace import Made, Row, Settings, distinct_settings, label_of
from cobra.reporting.tables.cells import MEASURES
from cobra.reporting.tables.settings import TableSettings

NONE = "–"  # nothing tells
SHORT = 12  # digits of a digest that are shown
VERSIONS = ("python", "torch")
STYLE = """
body { max-width: none; }
p { max-width: 60rem; }
th, td { padding: .35rem .5rem; white-space: normal; vertical-align: top; }
thead th { min-width: 0; }
.wide table { font-size: .875rem; }
td:first-child { min-width: 9rem; }
td:nth-child(8), td:nth-child(9) { min-width: 17rem; }
td:nth-child(10) { min-width: 20rem; }
td:nth-child(11), td:nth-child(12), td:nth-child(14), td:nth-child(15) { min-width: 11rem; }
code { font-size: .85em; }
summary { cursor: pointer; }
details:target summary { font-weight: bold; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85em; margin: .5rem 0 1rem 1rem; }
"""
HOW = (
    "To follow a number of the table: it is the mean of its cell's rows, one per class and seed; a row names "
    "its score file, and <code>cobra show FILE</code> prints what that says of itself, the digest of its "
    "detector included; beside the code of each stands the commit that first ran it here."
)
TIMES = (
    "Times are wall time in seconds, all starts together; they and the commit may differ between runs that "
    "give equal scores. A combination of attacks takes its time and device from its parts; a part that the "
    "table does not show has a row that counts in no mean. An en dash: nothing tells, as of the time of "
    "training a detector that is not ours."
)


def provenance_html(settings: TableSettings, rows: list[Row]) -> str:
    """The page: how to follow a number, a row per score file, and below it each distinct settings in full."""
    numbers = distinct_settings(rows)
    frame = pd.DataFrame([_cells(settings, row, numbers) for row in rows])
    table = frame.to_html(index=False, border=0, escape=False)
    details = "\n".join(
        _details(number, chosen, [_line(settings, row) for row in rows if row.settings == chosen])
        for number, chosen in enumerate(numbers, 1)
    )
    body = f"<p>{HOW}</p>\n<div class='wide'>{table}</div>\n<p>{TIMES}</p>\n<h2>Settings</h2>\n{details}"
    return page(f"{settings.layout.title}: where the figures come from", body, STYLE)


def _line(settings: TableSettings, row: Row) -> str:
    return f"{row.subject['dataset']}, {label_of(settings, row)}, {row.subject['attack']}"


def _cells(settings: TableSettings, row: Row, numbers: list[Settings]) -> dict[str, str]:
    about = row.subject
    measure = MEASURES[settings.layout.measure]
    part = f" (part of {', '.join(row.part_of)})" if row.part_of else ""
    number = numbers.index(row.settings) + 1 if row.settings is not None else None
    link = f": <a href='#settings-{number}'>settings {number}</a>" if number else ""
    return {
        "Method": escape(label_of(settings, row)),
        "Data set": escape(str(about["dataset"])),
        "Class": escape(str(about["normal"])),
        "Attack": escape(f"{about['attack']}{part}"),
        "Seed": str(about["seed"]),
        f"Clean {measure}, %": row.lack or _figure(row.clean),
        f"Robust {measure}, %": row.lack or _figure(row.robust),
        "Score file": NONE if row.lack else _path(row.score_file),
        "Detector (start of its SHA-256)": _detector(row),
        "Attack in words": f"{escape(row.attack)}{link}" if row.attack else NONE,
        **_making("Attack", row.made),
        **_making("Training", row.trained),
    }


def _figure(value: float | None) -> str:
    return NONE if value is None else f"{value:.1f}"


def _path(path: Path) -> str:
    """A path that may be broken after each folder."""
    return f"<code>{escape(str(path)).replace('/', '/<wbr>')}</code>"


def _detector(row: Row) -> str:
    if row.detector_file is None:
        return NONE
    return f"{_path(row.detector_file)} (<code>{row.detector_digest[:SHORT]}</code>)"


def _making(step: str, made: Made) -> dict[str, str]:
    named = [f"{name} {made.versions[name]}" for name in VERSIONS if name in made.versions]
    where = escape(", ".join([made.device, *named]))
    return {
        f"{step}: code": f"<code>{made.code[:SHORT]}</code> <br>{escape(made.commit)}" if made.code else NONE,
        f"{step}: device, versions": where if made.device else NONE,
        f"{step}: time, s": NONE if made.seconds is None else _time(made.seconds),
    }


def _time(seconds: float) -> str:
    """Seconds, and longer times in words, too: the number comes first so that the column sorts."""
    return f"{seconds:.2f}" + (f" ({in_words(seconds)})" if seconds >= 60 else "")


def _details(number: int, settings: Settings, lines: list[str]) -> str:
    named = "; ".join(dict.fromkeys(lines))
    text = "\n".join(f"{key}: {value}" for key, value in leaves(settings))
    return (
        f"<details id='settings-{number}'><summary>Settings {number}: {escape(named)}</summary>"
        f"<pre>{escape(text)}</pre></details>"
    )
