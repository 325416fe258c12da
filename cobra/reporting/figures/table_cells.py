"""The cells of tables, read for the figures that are made of them."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from cobra.errors import UserError

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
