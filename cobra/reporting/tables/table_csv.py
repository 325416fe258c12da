"""The csv of a table or of the gates, and the score files that a table's csv names for its cells."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from cobra.errors import UserError

CELL = ["dataset", "class", "method", "score", "attack"]  # the columns that name a cell


def read_cells(
    path: Path, numbers: Sequence[str], texts: Sequence[str] = (), key: Sequence[str] = CELL
) -> pd.DataFrame:
    """A csv of ours, `numbers` as numbers, all else as text: a class may be called NA or 0. Raises UserError
    if it is not there, lacks a column of `key`, `numbers` or `texts`, or has words for numbers.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist: make it first.")
    try:
        cells = pd.read_csv(path, dtype=str, keep_default_na=False)
        if lacking := [name for name in (*key, *numbers, *texts) if name not in cells]:
            raise UserError(f"{path} has no column {', '.join(lacking)}: make it again.")
        return cells.assign(**{name: cells[name].replace("", "nan").astype(float) for name in numbers})
    except ValueError as error:
        raise UserError(f"{path} is damaged ({error}): make it again.") from None


class Named(NamedTuple):
    """What a table's csv says of a cell: its score files as text, or why it has no figure; one is empty."""

    files: str
    lack: str


def read_named(table: Path, measure: str) -> dict[tuple[str, ...], Named]:
    """By cell (CELL) what the csv of a table of this measure says; raises UserError if it is none."""
    figure = f"robust_{measure}"
    cells = read_cells(table, [figure], ["score_files"])
    named = {}
    for row in cells.to_dict("records"):
        text, lacks = row["score_files"], math.isnan(row[figure])
        files, lack = ("", text.partition(": ")[0]) if lacks else (text, "")
        named[tuple(row[name] for name in CELL)] = Named(files, lack)
    return named


def require_named(
    table: Path, named: Mapping[tuple[str, ...], Named], behind: Mapping[tuple[str, ...], list[Path]]
) -> None:
    """Raise UserError unless the table has all cells of `behind` and, of each that has a figure, names these
    files, seed by seed, and they are there.
    """
    for cell, paths in behind.items():
        if cell not in named:
            raise UserError(f"{table} has no cell {'/'.join(cell)}: make the table again.")
        files = named[cell].files
        if files and not (files == " ".join(map(str, paths)) and all(path.is_file() for path in paths)):
            raise UserError(
                f"{table} names {files} for {'/'.join(cell)}, which is not what is there: "
                "make the table again."
            )
