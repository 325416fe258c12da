"""What all figures share: colours, markers, panels, legends, the map of AUROCs, and writing to files."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from cobra.artifacts.files import write_bytes

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe, Ito: colour-blind safe
MARKERS = "osD^vP"
GREY = "#999999"
WIDTH = 7.2  # inches of a page's text
MOST = 6  # panels beside each other on it
SUFFIXES = (".svg", ".png")
DOTTED: dict[str, Any] = {"color": GREY, "linewidth": 0.8, "linestyle": ":"}  # a guess, or nothing gained
# What a line of clean images is called, and one of attacked ones, and how they differ.
LOOKS: dict[str, tuple[str, dict[str, str]]] = {
    "clean": ("clean", {"linestyle": "--", "markerfacecolor": "white"}),
    "attacked": ("under attack", {}),
}
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


def panels(title: str, size: tuple[float, float], rows: int = 1, columns: int = 1, **grid: Any) -> Any:
    """A figure of that size in inches under a title, and its panels, an array [rows, columns] of axes."""
    figure = Figure(figsize=size, layout="constrained")
    if title:
        figure.suptitle(title, fontsize=10)
    return figure, figure.subplots(rows, columns, squeeze=False, **grid)


def entries(axes: Iterable[Axes]) -> dict[str, Artist]:
    """What is drawn in several panels, by its label: each label once."""
    shown: dict[str, Artist] = {}
    for panel in axes:
        handles, labels = panel.get_legend_handles_labels()
        shown |= dict(zip(map(str, labels), handles, strict=True))
    return shown


def legend(figure: Figure, shown: dict[str, Artist] | None = None, columns: int = 2, **style: Any) -> None:
    """A legend below all panels, of `shown` or of all that has a label."""
    given = {} if shown is None else {"handles": list(shown.values()), "labels": list(shown)}
    figure.legend(**{"loc": "outside lower center", "ncols": columns, "frameon": False, "fontsize": 7,
                     "title_fontsize": 7, **given, **style})  # fmt: skip


def name_aurocs(panel: Axes, xlabel: str) -> None:
    """AUROC in % upwards, a dotted line at 50, a guess."""
    panel.axhline(50, **DOTTED)
    panel.set(xlabel=xlabel, ylabel="AUROC (%)", ylim=(-2, 102))


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
    panel.set_title(title, loc="left", fontsize=8)
    for axis, ticks in ((panel.xaxis, grid.columns), (panel.yaxis, grid.index)):
        texts = [f"{tick:.4g}" if isinstance(tick, float) else str(tick) for tick in ticks]
        axis.set_ticks(range(len(ticks)), texts)
        axis.set_label_text(str(ticks.name))


def render(figure: Figure, suffix: str) -> bytes:
    """The figure as .png or .svg: the same bytes each time."""
    stream = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "cobra", "svg.fonttype": "none"}):
        metadata = {"Date": None} if suffix == ".svg" else {"Software": None}
        figure.savefig(stream, format=suffix[1:], dpi=150, metadata=metadata)
    if suffix == ".svg":
        return stream.getvalue()
    packed = io.BytesIO()  # an eighth fewer bytes: a figure is opaque, so it needs no alpha channel
    with Image.open(stream) as image:
        image.convert("RGB").save(packed, "PNG", optimize=True)
    return packed.getvalue()


def write_figure(path: Path, figure: Figure) -> None:
    """The figure in every format, beside one another: `path` with the suffix of each."""
    for suffix in SUFFIXES:
        write_bytes(path.with_suffix(suffix), render(figure, suffix))
