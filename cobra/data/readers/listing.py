"""Lists that come with images: labels, splits, ground truth."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from cobra.errors import UserError


def read_text(path: Path) -> str:
    """A text file in UTF-8; raises UserError if it is none."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as text ({error}): place the official file.") from None


def read_rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of a CSV file with their places; raises UserError unless all `columns` are filled."""
    rows = csv.DictReader(io.StringIO(read_text(path), newline=""))
    try:
        missing = [name for name in columns if name not in (rows.fieldnames or [])]
        if missing:
            raise UserError(f"{path} has no column {', '.join(missing)}: place the official file.")
        for row in rows:
            place = f"{path}: line {rows.line_num}"
            if any(row[name] is None for name in columns):
                raise UserError(f"{place} ends early: place the official file.")
            yield place, row
    except csv.Error as error:
        raise UserError(
            f"{path}: line {rows.line_num} is no CSV ({error}): place the official file."
        ) from None
