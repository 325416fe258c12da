"""The figures of tables over the paper's."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cobra.errors import UserError
from cobra.reporting.cells import MEAN
from cobra.reporting.figures.style import COLOURS, GREY
from cobra.reporting.names import line_name
from cobra.settings.figures import FigureSettings

MARKS = {"clean": ("o", COLOURS[0]), "robust": ("s", COLOURS[1])}
CELL = ["dataset", "class", "method", "score", "attack"]
LABELLED = 12  # points, at most
GAP = 4.5  # percent points between two labels
REDUCED = "hollow: reduced settings, no reproduction"
COLUMNS = ["table", *CELL, "images", "paper", "ours", "low", "high", "comparison"]


def collect(settings: FigureSettings, pattern: str) -> pd.DataFrame:
    """A row per figure that the paper has, too: table, dataset, class, method, score, attack, images (clean
    or robust), paper, ours, low and high (its interval), all in percent, comparison (as in the table).

    Raises UserError if a table is missing or was made without the paper's figures beside ours.
    """
    found = [
        _compared(Path(pattern.format(table=table)), table, images)
        for table in settings.layout.tables
        for images in MARKS
    ]
    return pd.concat(found, ignore_index=True)


def _compared(path: Path, table: str, images: str) -> pd.DataFrame:
    cells = _read(path)
    named = {"paper": "paper", "auroc": "ours", "low": "low", "high": "high", "comparison": "comparison"}
    lacking = [f"{images}_{name}" for name in named if f"{images}_{name}" not in cells] + [
        name for name in CELL if name not in cells
    ]
    if lacking:
        raise UserError(f"{path} has no column {lacking[0]}: make the table again.")
    frame = cells.rename(columns={f"{images}_{name}": new for name, new in named.items()})
    frame = frame.assign(table=table, images=images)[COLUMNS]
    try:
        frame = frame.astype(dict.fromkeys(("paper", "ours", "low", "high"), float))
    except ValueError as error:
        raise UserError(f"{path} is damaged ({error}): make the table again.") from None
    return frame.dropna(subset=["paper", "ours"])


def _read(path: Path) -> pd.DataFrame:
    """A table's csv as text, empty fields as NaN: a class may be called NA or 0."""
    if not path.is_file():
        raise UserError(f"{path} does not exist: make the table first.")
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
    except (ValueError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is damaged ({error}): make the table again.") from None


def draw(points: pd.DataFrame, settings: FigureSettings) -> Figure:
    """Ours over the paper's, with our interval; hollow where the settings are reduced."""
    few = 0 < len(points) <= LABELLED
    figure = Figure(figsize=(6.4 if few else 4.4, 4.4), layout="constrained")
    panel = figure.subplots()
    panel.plot([0, 100], [0, 100], color=GREY, linewidth=0.8, linestyle=":")
    panel.set(aspect="equal", xlim=(-2, 102), ylim=(-2, 102), xlabel="the paper's AUROC (%)",
              ylabel="our AUROC (%), with its interval")  # fmt: skip
    panel.set_title(settings.layout.title, fontsize=10)
    if points.empty:
        tables = " or ".join(settings.layout.tables)
        panel.text(50, 50, f"The paper has no figure\nfor any row of {tables}.", ha="center", va="center")
        return figure
    _draw_points(panel, points)
    panel.legend(frameon=False, fontsize=7, loc="upper left")
    if few:
        _label(panel, points, settings)
    if (points["comparison"] == "reduced").any():
        figure.supxlabel(REDUCED, fontsize=7)
    return figure


def _draw_points(panel: Axes, points: pd.DataFrame) -> None:
    for images, own in points.groupby("images", sort=False):
        marker, colour = MARKS[str(images)]
        panel.vlines(own["paper"], own["low"], own["high"], color=colour, linewidth=0.9, alpha=0.7)
        hollow = own["comparison"] == "reduced"
        panel.scatter(own["paper"], own["ours"], s=22, marker=marker, edgecolors=colour, linewidths=1,
                      facecolors=np.where(hollow, "white", colour), zorder=3)  # fmt: skip
        panel.scatter([], [], s=22, marker=marker, color=colour, label=str(images))


def _label(panel: Axes, points: pd.DataFrame, settings: FigureSettings) -> None:
    """What each point is, right of the panel, in the order of their heights, with a line to each."""
    ordered = points.sort_values(["ours", "paper"], kind="stable")
    heights = spread(ordered["ours"].tolist(), GAP)
    for row, height in zip(ordered.to_dict("records"), heights, strict=True):
        place = row["dataset"] if row["class"] == MEAN else f"{row['dataset']} {row['class']}"
        text = f"{place}, {line_name(settings.methods, row['method'], row['score'])}, {row['images']}"
        panel.annotate(text, (row["paper"], row["ours"]), (106, height), fontsize=6, va="center",
                       annotation_clip=False,
                       arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.4})  # fmt: skip


def spread(heights: list[float], gap: float) -> list[float]:
    """Heights at least `gap` apart and at most 100, near those given, which ascend."""
    apart: list[float] = []
    for height in heights:
        apart.append(max(height, apart[-1] + gap) if apart else height)
    highest = [100 - gap * above for above in reversed(range(len(apart)))]
    return [min(pair) for pair in zip(apart, highest, strict=True)]
