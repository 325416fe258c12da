"""The csv of a table or of the gates, and the score files that a table's csv names for its cells."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cobra.errors import UserError

CELL = ["dataset", "class", "method", "score", "attack"]  # the columns that name a cell
KEY = ("dataset", "normal", "method", "score", "attack")  # the same of a score file
NOT_APPLICABLE = "not applicable"
Subject = Mapping[str, str | int]


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


@dataclass(frozen=True)
class Named:
    """By cell what a table's csv says of its files: their paths, or why it has no figure."""

    table: Path
    files: Mapping[tuple[str, ...], str]
    lacks: Mapping[tuple[str, ...], str]

    def lack(self, subject: Subject) -> str:
        """Why the table has no figure for a cell; empty if it has one."""
        key = key_of(subject)
        if key not in self.files and key not in self.lacks:
            raise UserError(f"{self.table} has no cell {'/'.join(key)}: make the table again.")
        return self.lacks.get(key, "")


def key_of(subject: Subject) -> tuple[str, ...]:
    """The name of the cell that a score file belongs to."""
    return tuple(str(subject[name]) for name in KEY)


def read_named(table: Path, measure: str) -> Named:
    """What the csv of a table with cells of this measure says; raises UserError if it is none."""
    cells = read_cells(table, [f"robust_{measure}"], ["score_files"])
    files, lacks = {}, {}
    for *key, text, figure in cells[[*CELL, "score_files", f"robust_{measure}"]].itertuples(index=False):
        if math.isnan(figure):
            lacks[tuple(key)] = text.partition(": ")[0]
        else:
            files[tuple(key)] = text
    return Named(table, files, lacks)


def require_named(named: Named, seeds: list[int], found: Iterable[tuple[Subject, Path]]) -> None:
    """Raise UserError unless the files of each cell that has a figure are those that the table names, seed by
    seed, and are there.
    """
    paths: dict[tuple[str, ...], dict[int | str, Path]] = {}
    for subject, path in found:
        paths.setdefault(key_of(subject), {})[subject["seed"]] = path
    for key in (key for key in paths if key in named.files):
        behind = [paths[key][seed] for seed in seeds]
        if named.files[key] != " ".join(map(str, behind)) or not all(path.is_file() for path in behind):
            raise UserError(
                f"{named.table} names {named.files[key]} for {'/'.join(key)}, which is not what is there: "
                "make the table again."
            )
