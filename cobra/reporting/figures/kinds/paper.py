"""The figures of tables over the paper's."""

from pathlib import Path
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cobra.reporting.figures.drawing import COLOURS, DOTTED, GREY, panels
from cobra.reporting.figures.settings import FigureSettings
from cobra.reporting.tables.cells import MEAN
from cobra.reporting.tables.labels import line_name
from cobra.reporting.tables.table_csv import CELL, read_cells

MADE_OF = "tables"
NEEDS = ("tables",)
CAPTION = """
**A point is a figure of ours over the paper's** of the same method and data, in %, with our interval;
circles clean, squares robust. On the dotted line both agree. Hollow points were made at other settings than
the paper's (the notes below the tables name them): they need not agree, and no claim is made of them.
"""
MARKS = {"clean": ("o", COLOURS[0]), "robust": ("s", COLOURS[1])}
LABELLED = 12  # points, at most
GAP = 4.5  # percent points between two labels
REDUCED = "hollow: reduced settings, no reproduction"
NUMBERS = ("paper", "auroc", "low", "high")
COLUMNS = ["table", *CELL, "images", "paper", "ours", "low", "high", "comparison"]


def collect(settings: FigureSettings, pattern: str) -> pd.DataFrame:
    """A row per figure that the paper has, too: table, dataset, class, method, score, attack, images (clean
    or robust), paper, ours, low and high (its interval), all in percent, comparison (as in the table).

    Raises UserError if a table is missing or was made without the paper's figures beside ours.
    """
    numbers = [f"{images}_{name}" for images in MARKS for name in NUMBERS]
    found = []
    for table in settings.layout.tables:
        path = Path(pattern.format(table=table))
        cells = read_cells(path, numbers, [f"{images}_comparison" for images in MARKS])
        for images in MARKS:
            names = {f"{images}_{name}": name for name in (*NUMBERS, "comparison")}
            own = cells.rename(columns=names | {f"{images}_auroc": "ours"}).assign(table=table, images=images)
            found.append(own[COLUMNS].dropna(subset=["paper", "ours"]))
    return pd.concat(found, ignore_index=True)


def draw(points: pd.DataFrame, settings: FigureSettings) -> Figure:
    """Ours over the paper's, with our interval; hollow where the settings are reduced."""
    labels = _labels(points, settings) if len(points) <= LABELLED else []
    size = (4.4 + 0.05 * max(map(len, labels), default=0), 4.4)
    figure, ((panel,),) = panels(settings.layout.title, size)
    panel.set(aspect="equal", xlim=(-2, 102), ylim=(-2, 102), xlabel="the paper's AUROC (%)",
              ylabel="our AUROC (%), with its interval")  # fmt: skip
    if points.empty:
        named = " or ".join(settings.layout.tables)
        nothing = f"No row of {named} has a figure of the paper and one of ours."
        panel.text(50, 50, fill(nothing, 36), ha="center", va="center")
        return figure
    _draw_points(panel, points)
    panel.legend(frameon=False, fontsize=7, loc="upper left")
    if labels:
        _write(panel, points.assign(label=labels))
    if (points["comparison"] == "reduced").any():
        figure.supxlabel(REDUCED, fontsize=7)
    return figure


def _draw_points(panel: Axes, points: pd.DataFrame) -> None:
    panel.plot([0, 100], [0, 100], **DOTTED)
    for images, own in points.groupby("images", sort=False):
        marker, colour = MARKS[str(images)]
        panel.vlines(own["paper"], own["low"], own["high"], color=colour, linewidth=0.9, alpha=0.7)
        hollow = own["comparison"] == "reduced"
        panel.scatter(own["paper"], own["ours"], s=18, marker=marker, edgecolors=colour, linewidths=1,
                      facecolors=np.where(hollow, "white", colour), zorder=3)  # fmt: skip
        panel.scatter([], [], s=18, marker=marker, color=colour, label=str(images))


def _labels(points: pd.DataFrame, settings: FigureSettings) -> list[str]:
    """What each point is; under which attack, if there are several."""
    several = len(set(points["attack"])) > 1
    texts = []
    for row in points.to_dict("records"):
        place = row["dataset"] if row["class"] == MEAN else f"{row['dataset']} {row['class']}"
        texts.append(f"{place}, {line_name(settings.methods, row['method'], row['score'])}")
        texts[-1] += f", {row['attack']}" if several else ""
    return texts


def _write(panel: Axes, points: pd.DataFrame) -> None:
    """The labels right of the panel, in the order of the points' heights, with a line to each."""
    panel.set_anchor("W")
    ordered = points.sort_values(["ours", "paper"], kind="stable")
    heights = spread(ordered["ours"].tolist(), GAP)
    for row, height in zip(ordered.to_dict("records"), heights, strict=True):
        line = {"arrowstyle": "-", "color": GREY, "linewidth": 0.4, "relpos": (0, 0.5), "shrinkB": 3}
        text = panel.annotate(
            row["label"], (row["paper"], row["ours"]), (108, height), fontsize=6, va="center",
            color=MARKS[row["images"]][1], annotation_clip=False, arrowprops=line,
        )  # fmt: skip
        text.set_in_layout(False)  # the figure was made wide enough


def spread(heights: list[float], gap: float) -> list[float]:
    """Heights at least `gap` apart and at most 100, near those given, which ascend."""
    apart: list[float] = []
    for height in heights:
        apart.append(max(height, apart[-1] + gap) if apart else height)
    highest = [100 - gap * above for above in reversed(range(len(apart)))]
    return [min(pair) for pair in zip(apart, highest, strict=True)]
