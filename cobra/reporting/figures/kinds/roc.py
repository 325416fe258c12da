"""ROC curves per class, on clean images and under attack.

Each seed has a curve of its own: scores of two detectors are on different scales, so that pooling them would
give the curve of no detector.
"""

from textwrap import fill
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from sklearn.metrics import auc, roc_curve

from cobra.reporting.figures.drawing import GREY, WIDTH, balanced, curve_style, legend, panels
from cobra.reporting.figures.result_files import IMAGES, files_of, series_names
from cobra.reporting.figures.settings import FigureSettings

MADE_OF = "scores"
NEEDS = ("datasets", "methods", "attack")
MAY = ("classes", "scores")
CAPTION = """
**A panel is a class: receiver operating characteristics**, the share of anomalies found over the share of
normal images wrongly reported, at every threshold; dashed on clean images, solid under ``{attack}``, one
line per seed. The area under a line is the AUROC, which the legend gives as the mean of the panels. The
diagonal is a guess; a line below it ranks normal images above anomalies. Look at the left edge, where a
detector works in practice: few false alarms.
"""
TICKS = (0, 0.5, 1)
LARGEST = 3.2  # inches, side of a panel
DRAWN: dict[str, dict[str, Any]] = {
    "clean": {"linestyle": (0, (3, 1.5)), "linewidth": 0.8},
    "attacked": {"linestyle": "-", "linewidth": 1.3},
}
CURVE = ["dataset", "normal", "method", "score", "seed", "images"]
RATES = ("false_positive_rate", "true_positive_rate")


def collect(settings: FigureSettings, pattern: str) -> pd.DataFrame:
    """The corners of each curve: dataset, normal, method, score, seed, images (clean or attacked),
    false_positive_rate and true_positive_rate in [0, 1]; anomalies are positive.
    """
    curves = []
    for subject, table, _ in files_of(settings, pattern, "scores"):
        for images in IMAGES:
            *rates, _ = roc_curve(table["is_anomaly"].to_numpy(), table[images].to_numpy())
            about = {**subject, "images": images}
            curves.append(pd.DataFrame({**about, **dict(zip(RATES, rates, strict=True))}))
    return pd.concat(curves, ignore_index=True)


def draw(curves: pd.DataFrame, settings: FigureSettings) -> Figure:
    """A panel per class, a line per method, score and seed: solid under attack, dashed clean."""
    names = series_names(curves, settings.methods)
    classes = list(curves.groupby(["dataset", "normal"], sort=False))
    rows, columns = balanced(len(classes))
    side = min(LARGEST, (WIDTH - 0.5) / columns)
    beside = 2 if columns * side > 4.5 else 1  # entries of the legend
    height = 1.1 + rows * (side + 0.12) + 0.16 * -(-(len(names) + 2) // beside)
    figure, axes = panels(settings.layout.title, (max(4.2, columns * side + 0.5), height), rows, columns)
    for number, ((dataset, normal), own) in enumerate(classes):
        panel = axes.flat[number]
        _draw_class(panel, own, list(names))
        panel.set_title(fill(f"{dataset} {normal}", int(14 * side)), loc="left", fontsize=8, pad=3)
        left, lowest = number % columns == 0, number + columns >= len(classes)
        panel.set_xticks(TICKS, ["0", "0.5", "1"] if lowest else [""] * 3, fontsize=7)
        panel.set_yticks(TICKS, ["0", "0.5", "1"] if left else [""] * 3, fontsize=7)
        panel.set_xlabel("false positive rate" if lowest else "", fontsize=7)
        panel.set_ylabel("true positive rate" if left else "", fontsize=7)
    for panel in axes.flat[len(classes) :]:
        panel.set_axis_off()
    over = f"AUROC (%), mean of the {len(classes)} panels" if len(classes) > 1 else "AUROC (%)"
    legend(figure, columns=beside, handles=_entries(curves, names), title=over)
    return figure


def _draw_class(panel: Axes, curves: pd.DataFrame, series: list[tuple[str, str]]) -> None:
    panel.plot([0, 1], [0, 1], color=GREY, linewidth=0.6, linestyle=":")
    thinner = 0.6 if len(set(curves["seed"])) > 1 else 1
    for (method, score, _, images), curve in curves.groupby(CURVE[2:], sort=False):
        style = curve_style(series.index((str(method), str(score)))) | DRAWN[str(images)]
        style["linewidth"] *= thinner
        panel.plot(*(curve[rate].to_numpy() for rate in RATES), **style)
    panel.set(aspect="equal", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))


def areas(curves: pd.DataFrame) -> "pd.Series[float]":
    """The area under each curve in percent: its AUROC."""
    whole = curves.groupby(CURVE, sort=False)[list(RATES)]
    return whole.apply(lambda curve: 100 * float(auc(*(curve[rate] for rate in RATES))))


def _entries(curves: pd.DataFrame, names: dict[tuple[str, str], str]) -> list[Line2D]:
    """Of the legend: each method and score with its AUROC, and what solid and dashed mean."""
    of_classes = areas(curves).groupby(["method", "score", "images", "dataset", "normal"]).mean()
    means = of_classes.groupby(["method", "score", "images"]).mean()
    entries = []
    for number, (pair, name) in enumerate(names.items()):
        told = ", ".join(f"{means[(*pair, images)]:.1f} {images}" for images in IMAGES)
        entries.append(Line2D([], [], label=f"{name}: {told}", **curve_style(number) | DRAWN["attacked"]))
    return entries + [Line2D([], [], color="black", label=images, **DRAWN[images]) for images in IMAGES]
