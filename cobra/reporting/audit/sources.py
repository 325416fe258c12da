"""What an audit is made from: the paper's numbers, the csv files of our tables and that of our gates."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cobra.errors import UserError
from cobra.reporting.tables import gate_table
from cobra.reporting.tables.paper_comparison import MEASURES
from cobra.reporting.tables.table import read_reported

CELL = ["dataset", "class", "method", "score", "attack"]
COMPARED = {
    name: [f"{name}_{part}" for part in ("auroc", "low", "high", "paper", "difference", "comparison")]
    for name in MEASURES
}
AS_COMPARED = ["value", "low", "high", "paper", "difference", "comparison"]
ACCURACY = "clean_accuracy"  # the paper has none, so these tables have no column of comparisons
TEXTS = dict.fromkeys(["class", "normal", "seed"], str)


@dataclass(frozen=True)
class Sources:
    """The paper's numbers; our figures, a row each (table, CELL, gates, measure, AS_COMPARED; percent and
    points); the tables of another measure than the paper's; the verdicts of gates, None: none were asked.
    """

    reported: pd.DataFrame
    figures: pd.DataFrame
    other_measure: list[str]
    verdicts: pd.DataFrame | None


def read_sources(reported: Path, tables: Sequence[Path], gates: Path | None) -> Sources:
    """Read them; a table is called as its file. Raises UserError if one is missing or of another kind."""
    frames = {path.stem: _read(path, [*CELL, "gates"]) for path in tables}
    other_measure = [name for name, frame in frames.items() if ACCURACY in frame]
    figures = [
        _figures(path, frames[path.stem], measure)
        for path in tables
        for measure in MEASURES
        if path.stem not in other_measure
    ]
    columns = ["table", *CELL, "gates", "measure", *AS_COMPARED]
    return Sources(
        reported=read_reported(reported),
        figures=pd.concat(figures, ignore_index=True) if figures else pd.DataFrame(columns=columns),
        other_measure=other_measure,
        verdicts=_read(gates, gate_table.COLUMNS) if gates else None,
    )


def _figures(path: Path, frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    """A table's figures of one measure; a clean one, which is the same under each attack, once."""
    _require(path, frame, COMPARED[measure])
    found = frame[[*CELL, "gates"]].assign(table=path.stem, measure=measure)
    found[AS_COMPARED] = _numbers(path, frame[COMPARED[measure]])
    if measure == "clean":
        found = found.assign(attack="", gates="").drop_duplicates(CELL)
    return found[["table", *CELL, "gates", "measure", *AS_COMPARED]]


def _read(path: Path, columns: list[str]) -> pd.DataFrame:
    if not path.is_file():
        raise UserError(f"{path} does not exist: make it first.")
    try:
        frame = pd.read_csv(path, dtype=TEXTS, keep_default_na=False, na_values=[""])
    except ValueError as error:  # not a csv file
        raise UserError(f"{path} cannot be read ({error}): make it again.") from None
    _require(path, frame, columns)
    return frame


def _numbers(path: Path, frame: pd.DataFrame) -> pd.DataFrame:
    """All columns as numbers, the last, of words, apart."""
    try:
        return frame.astype(dict.fromkeys(frame.columns[:-1], float))
    except ValueError as error:
        raise UserError(f"{path} holds words where figures belong ({error}): make it again.") from None


def _require(path: Path, frame: pd.DataFrame, columns: list[str]) -> None:
    lacking = [column for column in columns if column not in frame]
    if lacking:
        raise UserError(f"{path} has no column {', '.join(lacking)}: make it again.")
