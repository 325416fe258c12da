"""How losses and the AUROC, clean and under attack, change over the epochs of a training."""

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cobra.attacks.history_file import columns_of, epochs_of, losses_of
from cobra.metrics import auroc
from cobra.reporting.figures.drawing import (
    COLOURS,
    GREY,
    LOOKS,
    entries,
    legend,
    line_style,
    name_aurocs,
    panels,
)
from cobra.reporting.figures.result_files import files_of
from cobra.reporting.figures.settings import FigureSettings, PaperPoint
from cobra.reporting.tables.labels import with_score

MADE_OF = "history"
NEEDS = ("datasets", "methods", "attack")
MAY = ("classes", "scores")
CAPTION = """
**A column is a method: how training went**, the mean over classes and seeds. Above, the terms of the loss:
one that falls and levels off is as expected; jumps, or values that grow, are not. Below, the AUROC on clean
images (dashed) and under ``{attack}`` (solid) at the epochs that were kept. They chose nothing: the
detector in the tables is that of the last epoch. A robust figure that falls while the clean one rises is a
detector that learns what the attack can turn over. Grey: the paper's curve of that data set and method,
where its poster has one (digitised, to a point), over all classes; its hundred epochs are scaled to ours.
"""
TERMS = ("contrastive", "classification")  # of the objective
AUROCS = ("clean_auroc", "robust_auroc")
PAPER = "the paper's, epochs scaled"


def collect(settings: FigureSettings, pattern: str) -> pd.DataFrame:
    """A row per detector, score and epoch: dataset ... seed, epoch, loss and its terms, clean_auroc and
    robust_auroc in %; NaN for a term that is not trained, and for AUROCs at an epoch that is not kept.
    """
    rows = []
    for subject, table, _ in files_of(settings, pattern, "history"):
        is_anomaly, kept = table["is_anomaly"].to_numpy(), set(epochs_of(table))
        for record in losses_of(table, Path(pattern.format(**subject, attack=settings.layout.shown))):
            epoch = record["epoch"]
            terms = {name: record.get(name, float("nan")) for name in ("loss", *TERMS)}
            aurocs = dict.fromkeys(AUROCS, float("nan"))
            if epoch in kept:
                columns = zip(AUROCS, columns_of(epoch), strict=True)
                aurocs = {name: auroc(table[column].to_numpy(), is_anomaly) for name, column in columns}
            rows.append({**subject, "epoch": epoch, **terms, **aurocs})
    return pd.DataFrame(rows)


def draw(curves: pd.DataFrame, settings: FigureSettings) -> Figure:
    """A column of panels per method; per data set a row for each term of the loss, and AUROCs below; means
    over classes and seeds.
    """
    groups = dict(iter(curves.groupby(["dataset", "method"], sort=False)))
    datasets, methods = (list(dict.fromkeys(names)) for names in zip(*groups, strict=True))
    terms = [term for term in TERMS if curves[term].notna().any()]
    scores = list(dict.fromkeys(curves["score"]))
    heights = ([1.1] * len(terms) + [2.0]) * len(datasets)
    size = (1.0 + 2.2 * len(methods), 1.0 + sum(heights))
    grid = {"sharex": True, "height_ratios": heights}
    figure, axes = panels(settings.layout.title, size, len(heights), len(methods), **grid)
    axes = axes.reshape(len(datasets), len(terms) + 1, len(methods))
    for (dataset, method), group in groups.items():
        *upper, lowest = axes[datasets.index(dataset), :, methods.index(method)]
        upper[0].set_title(f"{dataset}, {settings.methods[str(method)].label}", fontsize=8)
        for term, panel in zip(terms, upper, strict=True):
            _draw_loss(panel, group, term)
        _draw_aurocs(lowest, group, scores)
        points = [each for each in settings.paper if (each.dataset, each.method) == (dataset, method)]
        _draw_paper(lowest, points, group["epoch"].max())
    shown = entries(axes[:, -1].flat)
    clean_first = sorted(shown, key=lambda name: not name.startswith("clean"))  # at the left
    legend(figure, {name: shown[name] for name in clean_first})
    return figure


def _draw_loss(panel: Axes, group: pd.DataFrame, term: str) -> None:
    means = group.groupby("epoch")[term].mean().dropna()
    if means.empty:
        panel.text(0.5, 0.5, f"no {term} term", transform=panel.transAxes, ha="center", color=GREY)
        panel.set_yticks([])
        return
    panel.plot(means.index, means.to_numpy(), color=COLOURS[TERMS.index(term)], linewidth=1.4, label=term)
    panel.set_ylabel(f"{term}\nloss")


def _draw_aurocs(panel: Axes, group: pd.DataFrame, scores: list[str]) -> None:
    for score, rows in group.groupby("score", sort=False):
        means = rows.groupby("epoch")[list(AUROCS)].mean().dropna()
        style = line_style(len(TERMS) + scores.index(str(score)))
        for column, (said, looks) in zip(AUROCS, LOOKS.values(), strict=True):
            label = with_score(said, str(score))
            panel.plot(means.index, means[column].to_numpy(), label=label, **style | looks)
    name_aurocs(panel, "epoch")


def _draw_paper(panel: Axes, points: list[PaperPoint], last: int) -> None:
    """The paper's curves, as if its training had as many epochs as ours, whose last one is `last`."""
    ends = max([1, *(point.epoch for point in points)])
    style: dict[str, Any] = {"color": GREY, "marker": "x", "markersize": 4, "linewidth": 1.0}
    for value, (said, looks) in zip(("clean", "robust"), LOOKS.values(), strict=True):
        known = [point for point in points if getattr(point, value) is not None]
        if known:
            epochs = [last * point.epoch / ends for point in known]
            aurocs = [getattr(point, value) for point in known]
            panel.plot(epochs, aurocs, label=f"{said}, {PAPER}", **style | looks)
