"""The csv of a finished table: its cells, and the score files that it names for each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cobra.errors import UserError

KEY = ("dataset", "normal", "method", "score", "attack")  # what names a cell
NOT_APPLICABLE = "not applicable"
Subject = Mapping[str, str | int]


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
    try:
        frame = pd.read_csv(table, dtype=str, keep_default_na=False).rename(columns={"class": "normal"})
        rows = frame[[*KEY, f"robust_{measure}", "score_files"]].itertuples(index=False)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{table} is no csv of a table: make the table first.") from error
    files, lacks = {}, {}
    for *key, figure, text in rows:
        if figure:
            files[tuple(key)] = text
        else:
            lacks[tuple(key)] = text.partition(": ")[0]
    return Named(table, files, lacks)


def require_named(named: Named, seeds: list[int], found: Iterable[tuple[Subject, Path]]) -> None:
    """Raise UserError unless the files of each cell that has a figure are those that the table names, seed by
    seed, and are there.
    """
    paths: dict[tuple[str, ...], dict[int | str, Path]] = {}
    for subject, path in found:
        paths.setdefault(key_of(subject), {})[subject["seed"]] = path
    for key, by_seed in paths.items():
        if key not in named.files:
            continue
        behind = [by_seed[seed] for seed in seeds]
        if named.files[key] != " ".join(map(str, behind)) or not all(path.is_file() for path in behind):
            raise UserError(
                f"{named.table} names {named.files[key]} for {'/'.join(key)}, which is not what is there: "
                "make the table again."
            )


CELL = ["dataset", "class", "method", "score", "attack"]


def read_cells(path: Path, numbers: Sequence[str], texts: Sequence[str] = ()) -> pd.DataFrame:
    """A table's csv, `numbers` as numbers, all else as text: a class may be called NA or 0. Raises UserError
    if it lacks a column of CELL, `numbers` or `texts`.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist: make the table first.")
    columns = {**dict.fromkeys(numbers, float), **dict.fromkeys(texts, str)}
    try:
        cells = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
        for name in (*CELL, *columns):
            if name not in cells:
                raise UserError(f"{path} has no column {name}: make the table again.")
        return cells.astype(columns)
    except (ValueError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is damaged ({error}): make the table again.") from None
