"""Makes tables, the audit, figures' numbers and the leaderboard again from the files behind them."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

import pandas as pd

from cobra.errors import UserError
from cobra.reporting import audit
from cobra.reporting.figures.settings import FIGURES, FigureSettings
from cobra.reporting.pages.render import pages, sections_pages
from cobra.reporting.tables.cells import Patterns, collect_cells
from cobra.reporting.tables.gate_table import TITLE, collect_verdicts, gate_frame, gate_notes
from cobra.reporting.tables.notes import notes
from cobra.reporting.tables.paper_numbers import read_reported
from cobra.reporting.tables.settings import GateTableSettings, TableSettings
from cobra.reporting.tables.table import cells_frame, table_frame
from cobra.settings.validation import validate
from cobra.sharing.leaderboard.page import leaderboard_pages
from cobra.sharing.leaderboard.ranking import leaderboard_frame, read_entries
from cobra.sharing.manifest import Made

NUMBER = re.compile(r"\d+\.\d+")
PADDING = re.compile(r"\s+|-{3,}")  # columns are filled up to the widest entry


def same(printed: str, again: str, unit: float | None = None) -> bool:
    """Whether two texts differ at most by one in the last digit of their numbers, and in padding: other
    versions of the libraries may round an interval otherwise.

    `unit`: the value of that digit; left out: of the last digit of the longer number.
    """
    texts = [PADDING.sub(" ", NUMBER.sub("#", text)) for text in (printed, again)]
    if texts[0] != texts[1]:
        return False
    for pair in zip(NUMBER.findall(printed), NUMBER.findall(again), strict=True):
        one, other = map(float, pair)
        digits = max(len(number.partition(".")[2]) for number in pair)
        if abs(one - other) > 1.001 * (10.0**-digits if unit is None else unit):
            return False
    return True


def differing_fields(printed: str, again: str, unit: float) -> Iterator[str]:
    """Of two csv files with a head: each field that differs, in words."""
    rows = [list(csv.reader(io.StringIO(text))) for text in (printed, again)]
    head = rows[1][0]
    if len(rows[0]) != len(rows[1]) or rows[0][0] != head:
        yield f"it has {len(rows[0])} lines of {rows[0][:1]} where {len(rows[1])} of {head} belong"
        return
    for line, pair in enumerate(zip(*rows, strict=True), 1):
        for name, one, other in zip_longest(head, *pair, fillvalue=""):
            if not same(one, other, unit):
                yield f"line {line}: {name} is {one or 'empty'} where {other or 'nothing'} follows"


@dataclass(frozen=True)
class Again:
    """What was made again: its numbers, and its pages of text by suffix."""

    numbers: pd.DataFrame
    pages: dict[str, str] = field(default_factory=dict)


def make_again(root: Path, made: Made) -> Again:
    """The table or figure from what lies below `root`; raises UserError if something lacks or is unfit."""
    try:
        return MAKERS[made.kind][0](root, made)
    except (KeyError, IndexError, ValueError, TypeError) as error:  # a pattern or settings of another form
        raise UserError(
            f"{made.path} cannot be made again ({type(error).__name__}: {error}): get the bundle anew."
        ) from None


def _table(root: Path, made: Made) -> Again:
    settings = validate(TableSettings, made.settings, made.path)
    reported = read_reported(root / str(made.reported))
    gates = below(root, made.gates) if made.gates else None
    cells = collect_cells(settings, Patterns(below(root, made.scores), gates))
    frame = table_frame(settings, cells, reported)
    texts = pages(settings.layout.title, frame, notes(settings, cells, reported))
    return Again(cells_frame(cells, settings, reported), texts)


def _gate_table(root: Path, made: Made) -> Again:
    settings = validate(GateTableSettings, made.settings, made.path)
    verdicts = collect_verdicts(settings, below(root, made.gates))
    frame = gate_frame(verdicts, settings.methods)
    return Again(verdicts, pages(TITLE, frame, gate_notes(verdicts, settings)))


def _figure(root: Path, made: Made) -> Again:
    settings = validate(FigureSettings, made.settings, made.path)
    return Again(FIGURES.load(settings.layout.kind).collect(settings, below(root, made.files)))


def _audit(root: Path, made: Made) -> Again:
    gates = root / made.gates if made.gates else None
    sources = audit.read_sources(root / str(made.reported), [root / path for path in made.tables], gates)
    return Again(audit.audit_frame(sources), sections_pages(audit.TITLE, audit.audit_sections(sources)))


def _leaderboard(root: Path, made: Made) -> Again:
    here, submitted = ([root / path for path in paths] for paths in (made.records, made.submitted))
    entries = read_entries(here, submitted)
    return Again(leaderboard_frame(entries), leaderboard_pages(entries))


# What makes each kind again, and to what its csv is compared.
MAKERS: dict[str, tuple[Callable[[Path, Made], Again], float]] = {
    "table": (_table, 1e-3),
    "gate table": (_gate_table, 1e-6),
    "figure": (_figure, 1e-6),
    "audit": (_audit, 1e-3),
    "leaderboard": (_leaderboard, 1e-3),
}


def below(root: Path, pattern: str | None) -> str:
    """A path pattern below `root`, whose own braces are none."""
    return f"{root}/".replace("{", "{{").replace("}", "}}") + str(pattern)


def differences(root: Path, made: Made, again: Again) -> Iterator[str]:
    """A sentence for each number, and each page, that is printed otherwise than `again` says."""
    path = root / made.path
    numbers = again.numbers.to_csv(index=False).replace(f"{root}/", "")
    for fault in differing_fields(_text(path), numbers, MAKERS[made.kind][1]):
        yield f"{made.path} does not follow from the files behind it: {fault}."
    for suffix, text in again.pages.items():
        page = path.with_suffix(suffix)
        if not same(_text(page), text.replace(f"{root}/", "")):
            yield f"{page.relative_to(root)} does not say what the files behind it say: make it again."


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error}): get the bundle anew.") from None
