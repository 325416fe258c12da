"""Cells to a table for machines."""

import numpy as np
import pandas as pd

from cobra.metrics import INVERTED
from cobra.reporting.tables.cells import Cell, Result
from cobra.reporting.tables.paper_comparison import comparison
from cobra.reporting.tables.settings import TableSettings


def cells_frame(cells: list[Cell], settings: TableSettings, reported: pd.DataFrame) -> pd.DataFrame:
    """The cells, one row each: figures with intervals, the paper's beside them where there is one and the
    measure is the paper's, failed gates and the score files behind.
    """
    return pd.DataFrame([_record(cell, settings, reported) for cell in cells])


def _record(cell: Cell, settings: TableSettings, reported: pd.DataFrame) -> dict[str, object]:
    record: dict[str, object] = {
        "dataset": cell.dataset, "class": cell.normal, "method": cell.method, "score": cell.score,
        "attack": cell.attack,
    }  # fmt: skip
    for name in ("clean", "robust"):
        estimate = getattr(cell.result, name, None)
        low, high = estimate.interval(settings.bootstrap.confidence) if estimate else (np.nan, np.nan)
        values = (estimate.value if estimate else np.nan, low, high)
        columns = (f"{name}_{settings.layout.measure}", f"{name}_low", f"{name}_high")
        record |= {column: round(value, 3) for column, value in zip(columns, values, strict=True)}
    if settings.layout.measure == "auroc":
        record |= comparison(settings, reported, cell)
    files = cell.result.files if cell.result else [f"{cell.lack}: {cell.missing or cell.attack}"]
    return record | {"gates": _gates(cell.result, settings), "score_files": " ".join(map(str, files))}


def _gates(result: Result | None, settings: TableSettings) -> str:
    """What the gates say of a figure; of a score that ranks the wrong way round they say nothing."""
    if result is None or result.failed is None:
        return "not judged"
    if result.failed:
        return "fails " + " ".join(map(str, sorted(result.failed)))
    inverted = settings.layout.measure == "auroc" and result.clean.value < INVERTED
    return "clean far below 50" if inverted else "pass"
