"""What all figures share: colours, markers, type, and the map of AUROCs."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe, Ito: colour-blind safe
MARKERS = "osD^vP"
GREY = "#999999"
WIDTH = 7.2  # inches of a page's text
MOST = 6  # panels beside each other on it
STYLE: Any = {"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}


def line_style(number: int) -> dict[str, Any]:
    """Colour and marker of the line of that number."""
    return {
        "color": COLOURS[number % len(COLOURS)],
        "marker": MARKERS[number % len(MARKERS)],
        "markersize": 4,
        "linewidth": 1.4,
    }


def curve_style(number: int) -> dict[str, Any]:
    """Colour of the curve of that number; sparse markers where colours are used again."""
    again = number // len(COLOURS)
    return {
        "color": COLOURS[number % len(COLOURS)],
        "marker": MARKERS[again % len(MARKERS)] if again else None,
        "markersize": 2.5,
        "markevery": 0.15,
    }


def balanced(count: int) -> tuple[int, int]:
    """Rows and columns for `count` panels, as many beside each other as a page bears, rows about equal."""
    rows = -(-count // MOST)
    return rows, -(-count // rows)


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
