"""Cosines within and between groups, and where the attack of training moves embeddings, over the epochs."""

from pathlib import Path
from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cobra.artifacts.files import read_table
from cobra.reporting.figures.drawing import COLOURS, DOTTED, entries, panels
from cobra.reporting.figures.settings import FigureSettings
from cobra.reporting.tables.labels import subjects

MADE_OF = "geometry"
NEEDS = ("datasets", "methods")
MAY = ("classes",)
CAPTION = """
**A column is a method: its embeddings of training views, clean and perturbed by the attack of training.**
Above, median cosines over the epochs, clean (dashed) and attacked (solid), within the normal images, within
their pseudo-anomalies, and between the groups. In the middle, the same at the last epoch: line 5 to 95 %,
bar quartiles, point median; hollow clean, filled attacked. Below, where the attack moves a view: the cosine
of its shift with the way to the other group, median and, for its own loss, quartiles; 1 is straight there,
0 sideways. A line with points is the attack on the loss that the network was trained on, the others are
attacks on other losses on the same network: a loss with spurious negatives should point less towards the
other group.
"""
PAIRS = {
    "same_image": "same image",
    "within_normal": "within normal",
    "within_anomalies": "within anomalies",
    "between": "between groups",
    "opposite": "opposite pair",
}
COLOUR = dict(zip(PAIRS, COLOURS, strict=False))
LABELS = ("cosine", "cosine, last epoch", "cosine of shift and\nway to the other group")
LONGEST = 22  # characters of a line above a column
DIRECTIONS = ("direction_normal", "direction_anomalies")
OVER_EPOCHS = ("within_normal", "within_anomalies", "between")
KEY = ["dataset", "method", "loss", "own", "views", "quantity", "epoch"]
VALUES = ["mean", "q05", "q25", "q50", "q75", "q95"]


def collect(settings: FigureSettings, pattern: str) -> pd.DataFrame:
    """A row per training, epoch and quantity: dataset, normal, method, seed, epoch, loss (whose attack moved
    the views; empty: clean views), own (whether the network is trained on it), views (clean, attacked),
    quantity (of `cobra.training.embedding_geometry.measure`), count, mean and quantiles.
    """
    trained, rows = {}, []
    for subject in subjects(settings, settings.layout.methods):
        del subject["score"]
        trained[str(subject)] = subject  # one for all scores
    for subject in trained.values():
        path = Path(pattern.format(**subject))
        table, identity = read_table(path)
        identity.require(path, "geometry", subject)
        own = ("", identity.settings["detector"]["objective"]["contrastive"])
        rows += [{**subject, **row, "own": row["loss"] in own} for row in table.to_pylist()]
    return pd.DataFrame(rows)


def draw(rows: pd.DataFrame, settings: FigureSettings) -> Figure:
    """A column per data set and method, three panels each: cosines over the epochs, their spread at the last
    one, and the direction of the shift; means over classes and seeds.
    """
    means = rows.groupby(KEY, sort=False)[VALUES].mean().reset_index()
    columns = dict(iter(means.groupby(["dataset", "method"], sort=False)))
    losses = list(dict.fromkeys(means.loc[means["loss"] != "", "loss"]))
    size = (1.2 + 2.0 * len(columns), 6.4)
    figure, axes = panels(settings.layout.title, size, 3, len(columns), sharey="row", height_ratios=(1, 1, 1))
    for column, ((dataset, method), own) in zip(axes.T, columns.items(), strict=True):
        label = fill(settings.methods[str(method)].label, LONGEST)
        column[0].set_title(f"{dataset}\n{label}", fontsize=8)
        _draw_epochs(column[0], own)
        _draw_spread(column[1], own)
        _draw_directions(column[2], own, losses)
    for panel, label in zip(axes[:, 0], LABELS, strict=True):
        panel.set_ylabel(label, fontsize=8)
    for row in axes:
        if shown := entries(row):
            row[-1].legend(shown.values(), shown.keys(), frameon=False, fontsize=6.5, loc="center left",
                           bbox_to_anchor=(1.02, 0.5))  # fmt: skip
    return figure


def _draw_epochs(panel: Axes, own: pd.DataFrame) -> None:
    """Medians, clean and under the attack of the network's own loss."""
    for quantity in OVER_EPOCHS:
        for views, looks in (("clean", "--"), ("attacked", "-")):
            chosen = own[(own["quantity"] == quantity) & (own["views"] == views) & own["own"]]
            panel.plot(chosen["epoch"], chosen["q50"], looks, color=COLOUR[quantity], linewidth=1.3,
                       label=f"{PAIRS[quantity]}, {views}")  # fmt: skip
    panel.set(xlabel="epoch", ylim=(-1.05, 1.05))


def _draw_spread(panel: Axes, own: pd.DataFrame) -> None:
    """Per kind of pair a line from the 5 to the 95 % quantile, a bar between quartiles, a point (median)."""
    last = own[(own["epoch"] == own["epoch"].max()) & own["own"]]
    for place, quantity in enumerate(PAIRS):
        for views, aside in (("clean", -0.18), ("attacked", 0.18)):
            hollow, at, colour = views == "clean", place + aside, COLOUR[quantity]
            for row in last[(last["quantity"] == quantity) & (last["views"] == views)].to_dict("records"):
                panel.vlines(at, row["q05"], row["q95"], color=colour, linewidth=0.9)
                panel.vlines(
                    at, row["q25"], row["q75"], color=colour, linewidth=3.2, alpha=0.45 if hollow else 1
                )
                panel.plot(at, row["q50"], "o", markersize=4, color=colour, markeredgewidth=0.9,
                           markerfacecolor="white" if hollow else colour)  # fmt: skip
    panel.set_xticks(range(len(PAIRS)), list(PAIRS.values()), rotation=40, ha="right", fontsize=6.5)
    panel.set_ylim(-1.05, 1.05)


def _draw_directions(panel: Axes, own: pd.DataFrame, losses: list[str]) -> None:
    """The mean over both groups of the median under the attack on each loss; with quartiles, its own loss."""
    shifts = own[own["quantity"].isin(DIRECTIONS)]
    for loss, rows in shifts.groupby("loss", sort=False):
        curve = rows.groupby("epoch")[VALUES].mean()
        colour = COLOURS[losses.index(str(loss)) % len(COLOURS)]
        own_loss = bool(rows["own"].all())
        if own_loss:
            panel.fill_between(curve.index, curve["q25"], curve["q75"], color=colour, alpha=0.2, linewidth=0)
        panel.plot(curve.index, curve["q50"], color=colour, linewidth=1.4, label=f"attack on {loss}",
                   marker="o" if own_loss else None, markersize=3)  # fmt: skip
    panel.axhline(0, **DOTTED)
    panel.set(xlabel="epoch", ylim=(-1.05, 1.05))
