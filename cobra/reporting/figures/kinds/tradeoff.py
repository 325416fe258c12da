"""What robustness costs on clean images: robust AUROC over clean AUROC, a point per method."""

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cobra.reporting.figures.drawing import COLOURS, DOTTED, MARKERS, legend, panels
from cobra.reporting.figures.settings import FigureSettings
from cobra.reporting.tables.cells import MEAN
from cobra.reporting.tables.labels import line_name
from cobra.reporting.tables.table_csv import CELL, read_cells

MADE_OF = "tables"
NEEDS = ("tables",)
CAPTION = """
**A point is a method: its robust AUROC over its clean one**, with the intervals of both, the mean over
classes. Better is further up and further right. Above the dotted line robust would exceed clean, which no
attack that may also do nothing can give. Points whose intervals overlap in both directions are not told
apart by these data.
"""
NUMBERS = [f"{images}_{name}" for images in ("clean", "robust") for name in ("auroc", "low", "high")]
MARGIN = 3  # percent points around what is shown


def collect(settings: FigureSettings, pattern: str) -> pd.DataFrame:
    """A row per data set, method, score and attack of the tables: clean and robust AUROC in % with the ends
    of their intervals; of several classes the mean. What stands in several tables is shown once.

    Raises UserError if a table is missing or not one of ours.
    """
    tables = []
    for table in settings.layout.tables:
        cells = read_cells(Path(pattern.format(table=table)), NUMBERS)[[*CELL, *NUMBERS]]
        is_mean = cells["class"] == MEAN
        tables.append(cells[is_mean | ~cells["dataset"].isin(cells.loc[is_mean, "dataset"])])
    found = pd.concat(tables, ignore_index=True).dropna(subset=NUMBERS)
    return found.drop_duplicates(subset=CELL, ignore_index=True)


def draw(points: pd.DataFrame, settings: FigureSettings) -> Figure:
    """A panel per data set, attack, and class where there is one only; both intervals through each point."""
    groups = list(points.groupby(["dataset", "class", "attack"], sort=False))
    series = list(dict.fromkeys(zip(points["method"], points["score"], strict=True)))
    size = (0.6 + 3.4 * len(groups), 3.6 + 0.16 * len(series))
    figure, (axes,) = panels(settings.layout.title, size, 1, max(len(groups), 1))
    for panel, ((dataset, normal, attack), own) in zip(axes, groups, strict=bool(groups)):
        place = dataset if normal == MEAN else f"{dataset}, {normal}"
        panel.set_title(f"{place}, under {attack}", fontsize=8)
        _draw_points(panel, own, series)
    for number, (method, score) in enumerate(series):
        label = line_name(settings.methods, method, score)
        axes[0].plot([], [], linestyle="", label=label, **_mark(number))
    legend(figure, columns=min(max(len(groups), 1), 2), loc="outside lower left")
    return figure


def _mark(number: int) -> dict[str, Any]:
    """A colour and marker of its own for each of 36 points."""
    turn = number // len(COLOURS)
    return {
        "color": COLOURS[number % len(COLOURS)],
        "marker": MARKERS[(number + turn) % len(MARKERS)],
        "markersize": 5,
    }


def _draw_points(panel: Axes, points: pd.DataFrame, series: list[tuple[str, str]]) -> None:
    for row in points.to_dict("records"):
        panel.errorbar(
            row["clean_auroc"], row["robust_auroc"], xerr=_arms(row, "clean"), yerr=_arms(row, "robust"),
            elinewidth=0.8, **_mark(series.index((row["method"], row["score"]))),
        )  # fmt: skip
    lowest = points["clean_low"].min() - MARGIN
    panel.plot([0, 100], [0, 100], **DOTTED)
    panel.set(xlim=(lowest, 100 + (100 - lowest) / 20), ylim=(-MARGIN, 100 + MARGIN),
              xlabel="clean AUROC (%)", ylabel="robust AUROC (%)")  # fmt: skip


def _arms(row: dict[Any, Any], images: str) -> list[list[float]]:
    """The lengths of an error bar, none below 0: a percentile interval may leave its figure out."""
    value, low, high = (row[f"{images}_{name}"] for name in ("auroc", "low", "high"))
    return [[max(value - low, 0)], [max(high - value, 0)]]
