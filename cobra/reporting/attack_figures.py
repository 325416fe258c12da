"""How the AUROC falls with an attack's budget: over its steps and restarts, and over eps."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cobra.artifacts import read_table
from cobra.errors import UserError
from cobra.metrics import auroc
from cobra.reporting.names import line_name, subjects
from cobra.settings.figures import FigureSettings
from cobra.settings.tables import MethodShown

KINDS = {"budget": "scores", "eps": "sweep"}  # of the files behind a figure
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe, Ito: colour-blind safe
MARKERS = "osD^vP"
STYLE: Any = {"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}


def collect_curves(settings: FigureSettings, pattern: str) -> pd.DataFrame:
    """A row per detector and budget: dataset, normal, method, score, seed, auroc; restarts and steps, or eps.

    `pattern` is the path of a score or sweep file with {dataset}, {normal} ... in it.
    """
    read = _budgets if settings.layout.kind == "budget" else _eps
    rows, name = [], settings.layout.shown
    for subject in subjects(settings, settings.layout.methods):
        if (
            settings.layout.shown
            in settings.methods[str(subject["method"])].inapplicable[str(subject["score"])]
        ):
            continue
        path = Path(pattern.format(**subject, attack=name, sweep=name))
        table, identity = read_table(path)
        identity.require(path, KINDS[settings.layout.kind], {**subject, "attack": name})
        rows += [{**subject, **row} for row in read(table)]
    if not rows:
        raise UserError(f"{name} applies to no score of the figure's methods: choose other methods.")
    return pd.DataFrame(rows)


def _budgets(table: pa.Table) -> list[dict[str, float]]:
    """AUROC within the first restarts and steps, from the trace of every restart."""
    is_anomaly = table["is_anomaly"].to_numpy()
    direction = np.where(is_anomaly, -1, 1)
    found = [re.fullmatch(r"r(\d+)_s(\d+)", name) for name in table.column_names]
    keys = [(int(match[1]), int(match[2])) for match in found if match]
    rows = []
    for restarts, steps in keys:
        within = [f"r{r}_s{s}" for r, s in keys if r <= restarts and s == steps]
        worst = direction * np.max([direction * table[name].to_numpy() for name in within], axis=0)
        rows.append({"restarts": restarts, "steps": steps, "auroc": auroc(worst, is_anomaly)})
    return rows


def _eps(table: pa.Table) -> list[dict[str, float]]:
    is_anomaly = table["is_anomaly"].to_numpy()
    curve = {0.0: table["clean"].to_numpy()}
    for name in table.column_names:
        if name.startswith("eps_"):
            curve[float(name.removeprefix("eps_"))] = table[name].to_numpy()
    return [{"eps": eps, "auroc": auroc(scores, is_anomaly)} for eps, scores in sorted(curve.items())]


def lines(curves: pd.DataFrame, methods: dict[str, MethodShown], keys: list[str]) -> dict[str, pd.Series]:
    """Per data set, method and score the mean AUROC over classes and seeds, by `keys`."""
    found = {}
    for (dataset, method, score), group in curves.groupby(["dataset", "method", "score"], sort=False):
        line = line_name(methods, str(method), str(score))
        found[f"{dataset}, {line}"] = group.groupby(keys)["auroc"].mean()
    return found


def draw_budget(curves: pd.DataFrame, settings: FigureSettings) -> Figure:
    """A panel per detector: AUROC by steps (columns) and restarts (rows)."""
    panels = lines(curves, settings.methods, ["restarts", "steps"])
    height = 0.9 + 0.28 * curves["restarts"].max()
    width = 1.2 + 0.5 * curves["steps"].nunique()
    figure = Figure(figsize=(width, 0.4 + height * len(panels)), layout="constrained")
    figure.suptitle(settings.layout.title, fontsize=10)
    axes = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    for panel, (name, series) in zip(axes, panels.items(), strict=True):
        _draw_grid(panel, name, series.unstack())  # noqa: PD010 -- unique cells
    return figure


def _draw_grid(panel: Axes, name: str, grid: pd.DataFrame) -> None:
    values = grid.to_numpy()
    panel.imshow(values, cmap="cividis", vmin=0, vmax=100, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        panel.text(column, row, f"{value:.1f}", ha="center", va="center", fontsize=7,
                   color="black" if value > 55 else "white")  # fmt: skip
    panel.set_xticks(range(len(grid.columns)), [str(steps) for steps in grid.columns])
    panel.set_yticks(range(len(grid.index)), [str(restarts) for restarts in grid.index])
    panel.set_title(name, loc="left", fontsize=8)
    panel.set_xlabel("steps")
    panel.set_ylabel("restarts")


def draw_eps(curves: pd.DataFrame, settings: FigureSettings) -> Figure:
    """A line per detector: AUROC over eps."""
    figure = Figure(figsize=(5.5, 3.6), layout="constrained")
    panel = figure.subplots()
    for number, (name, series) in enumerate(lines(curves, settings.methods, ["eps"]).items()):
        panel.plot(
            series.index,
            series.to_numpy(),
            label=name,
            color=COLOURS[number % len(COLOURS)],
            marker=MARKERS[number % len(MARKERS)],
            markersize=4,
            linewidth=1.4,
        )
    smallest = curves.loc[curves["eps"] > 0, "eps"].min()
    panel.set_xscale("symlog", linthresh=smallest, linscale=0.6)
    ticks = sorted(curves["eps"].unique())
    panel.set_xticks(ticks, [f"{tick:g}" for tick in ticks], rotation=45)
    panel.minorticks_off()
    panel.axhline(50, color="#999999", linewidth=0.8, linestyle=":")
    panel.set(xlabel="eps", ylabel="AUROC (%)", ylim=(-2, 102))
    panel.legend(frameon=False, fontsize=7)
    panel.set_title(settings.layout.title, fontsize=10)
    return figure
