"""Histograms of scores per class: normal and anomalous images, clean and under attack.

Each class, method and score has bins of its own, for scores of two detectors are on different scales; its
seeds share them, and are drawn together.
"""

from itertools import groupby
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from cobra.reporting.figures.drawing import COLOURS, WIDTH, balanced, legend, panels
from cobra.reporting.figures.result_files import IMAGES, files_of, series_names
from cobra.reporting.figures.settings import FigureSettings

MADE_OF = "scores"
NEEDS = ("datasets", "methods", "attack")
MAY = ("classes", "scores")
CAPTION = """
**A row is a class, a column a detector: how the scores of normal images and anomalies are spread**, clean
ones upwards, those under ``{attack}`` downwards; to the right is more anomalous. Where the two colours do
not overlap a threshold tells them apart. The attack moves normal images to the right and anomalies to the
left: in a detector without a defence they change places, in a robust one they stay apart. Two detectors'
scores are on different scales: compare shapes, not positions.
"""
BINS = 30
GROUPS = {False: "normal", True: "anomalous"}
DETECTOR = ("dataset", "normal", "method", "score")


def collect(settings: FigureSettings, pattern: str) -> pd.DataFrame:
    """A row per bin: dataset, normal, method, score, seed, images (clean or attacked), is_anomaly, low, high
    (the bin's edges), count of images. A bin holds its lower edge, the last one both.
    """
    files = files_of(settings, pattern, "scores")
    frames = []
    for _, seeds in groupby(files, key=lambda file: [file[0][name] for name in DETECTOR]):
        scores = [
            (subject, images, table["is_anomaly"].to_numpy(), table[images].to_numpy().astype(np.float64))
            for subject, table, _ in seeds
            for images in IMAGES
        ]
        edges = np.histogram_bin_edges(np.concatenate([values for *_, values in scores]), BINS)
        for subject, images, truth, values in scores:
            for is_anomaly in GROUPS:
                counts, _ = np.histogram(values[truth == is_anomaly], edges)
                about = {**subject, "images": images, "is_anomaly": is_anomaly}
                frames.append(pd.DataFrame({**about, "low": edges[:-1], "high": edges[1:], "count": counts}))
    return pd.concat(frames, ignore_index=True)


def draw(counts: pd.DataFrame, settings: FigureSettings) -> Figure:
    """A row per class, a column per method and score; clean scores upwards, attacked ones downwards. Of more
    columns than a page holds the rest follows below.
    """
    names = series_names(counts, settings.methods)
    classes = list(dict.fromkeys(zip(counts["dataset"], counts["normal"], strict=True)))
    blocks, columns = balanced(len(names))
    rows = blocks * len(classes)
    side = min(2.6, (WIDTH - 0.8) / columns)
    height = 0.9 + 0.95 * rows + 0.3 * blocks
    figure, axes = panels(settings.layout.title, (max(3.6, 0.8 + columns * side), height), rows, columns)
    own = dict(list(counts.groupby(list(DETECTOR), sort=False)))
    for panel in axes.flat:
        panel.set_axis_off()
    for number, (pair, name) in enumerate(names.items()):
        block, column = divmod(number, columns)
        for row, place in enumerate(classes):
            panel = axes[block * len(classes) + row, column]
            _draw_panel(panel, own[(*place, *pair)], "\n".join(place) if column == 0 else "")
            if row == 0:
                panel.set_title(fill(name, int(side * 17)), fontsize=7)
    handles = [
        Patch(facecolor=COLOURS[int(is_anomaly)], alpha=0.6, label=f"{name} images")
        for is_anomaly, name in GROUPS.items()
    ]
    legend(figure, handles=handles, title="share of images by score (higher: more anomalous)")
    return figure


def _draw_panel(panel: Axes, counts: pd.DataFrame, label: str) -> None:
    """Shares of the normal and of the anomalous images in each bin; `label` stands left of a row's first."""
    highest = 0.0
    for (images, is_anomaly), group in counts.groupby(["images", "is_anomaly"]):
        colour = COLOURS[1 if is_anomaly else 0]
        bins = group.groupby(["low", "high"])["count"].sum()
        edges = [*bins.index.get_level_values("low"), bins.index.get_level_values("high")[-1]]
        shares = bins.to_numpy() / bins.sum()
        highest = max(highest, shares.max())
        heights = shares if images == "clean" else -shares
        panel.stairs(heights, edges, fill=True, color=colour, alpha=0.35, linewidth=0)
        panel.stairs(heights, edges, color=colour, linewidth=0.7)
    panel.set_axis_on()
    panel.axhline(0, color="black", linewidth=0.6)
    panel.set_ylim(-1.05 * highest, 1.05 * highest)
    panel.set_yticks([highest / 2, -highest / 2], ["clean", "attacked"] if label else ["", ""],
                     rotation=90, va="center", fontsize=6)  # fmt: skip
    panel.tick_params(axis="y", length=0)
    panel.tick_params(axis="x", labelsize=6, length=2, pad=1.5)
    panel.xaxis.set_major_locator(MaxNLocator(3))
    panel.set_ylabel(label, fontsize=7)
