"""AUROCs as a map of colours with the numbers in it."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes


def draw_heat(panel: Axes, title: str, grid: pd.DataFrame) -> None:
    """A cell per AUROC in %; the axes are called as the index and the columns of `grid` are."""
    values = grid.to_numpy()
    panel.imshow(values, cmap="cividis", vmin=0, vmax=100, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        panel.text(column, row, f"{value:.1f}", ha="center", va="center", fontsize=7,
                   color="black" if value > 55 else "white")  # fmt: skip
    panel.set_xticks(range(len(grid.columns)), [_text(value) for value in grid.columns])
    panel.set_yticks(range(len(grid.index)), [_text(value) for value in grid.index])
    panel.set_title(title, loc="left", fontsize=8)
    panel.set_xlabel(str(grid.columns.name))
    panel.set_ylabel(str(grid.index.name))


def _text(value: Any) -> str:
    """Whole numbers in full, others to four digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
