"""Tables, the audit, and the numbers of figures, made again from the files behind them, and compared."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from cobra.bundle.comparison import differing_fields, same
from cobra.bundle.manifest import Made
from cobra.errors import UserError
from cobra.reporting import audit, audit_csv
from cobra.reporting.audit_sources import read_sources
from cobra.reporting.cells import collect_cells
from cobra.reporting.cells_csv import cells_frame
from cobra.reporting.figures.kinds import FIGURES
from cobra.reporting.gate_table import TITLE, collect_verdicts, gate_frame, gate_notes
from cobra.reporting.lacks import Patterns
from cobra.reporting.leaderboard import leaderboard_frame, read_entries
from cobra.reporting.leaderboard_page import leaderboard_pages
from cobra.reporting.notes import notes
from cobra.reporting.render import pages
from cobra.reporting.sections import sections_pages
from cobra.reporting.tables import read_reported, table_frame
from cobra.settings.errors import validate
from cobra.settings.figures import FigureSettings
from cobra.settings.tables import GateTableSettings, TableSettings

UNITS = {
    "table": 1e-3,
    "gate table": 1e-6,
    "figure": 1e-6,
    "audit": 1e-3,
    "leaderboard": 1e-3,
}  # what a csv is compared to


@dataclass(frozen=True)
class Again:
    """What was made again: its numbers, and its pages of text by suffix."""

    numbers: pd.DataFrame
    pages: dict[str, str] = field(default_factory=dict)


def make_again(root: Path, made: Made) -> Again:
    """The table or figure from what lies below `root`; raises UserError if something lacks or is unfit."""
    try:
        return MAKERS[made.kind](root, made)
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
    sources = read_sources(root / str(made.reported), [root / path for path in made.tables], gates)
    return Again(audit_csv.audit_frame(sources), sections_pages(audit.TITLE, audit.audit_sections(sources)))


def _leaderboard(root: Path, made: Made) -> Again:
    here, submitted = ([root / path for path in paths] for paths in (made.records, made.submitted))
    entries = read_entries(here, submitted)
    return Again(leaderboard_frame(entries), leaderboard_pages(entries))


MAKERS: dict[str, Callable[[Path, Made], Again]] = {
    "table": _table,
    "gate table": _gate_table,
    "figure": _figure,
    "audit": _audit,
    "leaderboard": _leaderboard,
}


def below(root: Path, pattern: str | None) -> str:
    """A path pattern below `root`, whose own braces are none."""
    return f"{root}/".replace("{", "{{").replace("}", "}}") + str(pattern)


def differences(root: Path, made: Made, again: Again) -> Iterator[str]:
    """A sentence for each number, and each page, that is printed otherwise than `again` says."""
    path = root / made.path
    numbers = again.numbers.to_csv(index=False).replace(f"{root}/", "")
    for fault in differing_fields(_text(path), numbers, UNITS[made.kind]):
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
