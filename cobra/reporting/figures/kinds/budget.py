"""How the AUROC falls with an attack's steps and restarts."""

import re

import pandas as pd
import pyarrow as pa
from matplotlib.figure import Figure

from cobra.artifacts.identity import Identity
from cobra.attacks.combination import worst_scores
from cobra.metrics import auroc
from cobra.reporting.figures.drawing import draw_heat, panels
from cobra.reporting.figures.result_files import lines, rows_of
from cobra.reporting.figures.settings import FigureSettings

MADE_OF = "scores"
NEEDS = ("datasets", "methods", "attack")
MAY = ("classes", "scores")
CAPTION = """
**A panel is a detector, a column a number of steps, a row a number of restarts of** ``{attack}``. A cell is
the AUROC in % if the attack had ended there, the worst of its restarts taken per image. Read from the upper
left to the lower right: where figures still fall at the end, the attack was stopped too early and the
table's figure is too high. A figure never rises with restarts.
"""


def collect(settings: FigureSettings, pattern: str) -> pd.DataFrame:
    """A row per detector and budget: dataset, normal, method, score, seed, restarts, steps, auroc."""
    return rows_of(settings, pattern, "scores", _budgets)


def _budgets(table: pa.Table, _: Identity) -> list[dict[str, float]]:
    """AUROC within the first restarts and steps, from the trace of every restart."""
    is_anomaly = table["is_anomaly"].to_numpy()
    found = [re.fullmatch(r"r(\d+)_s(\d+)", name) for name in table.column_names]
    keys = [(int(match[1]), int(match[2])) for match in found if match]
    rows = []
    for restarts, steps in keys:
        within = [f"r{r}_s{s}" for r, s in keys if r <= restarts and s == steps]
        worst = worst_scores(is_anomaly, [table[name].to_numpy() for name in within])
        rows.append({"restarts": restarts, "steps": steps, "auroc": auroc(worst, is_anomaly)})
    return rows


def draw(curves: pd.DataFrame, settings: FigureSettings) -> Figure:
    """A panel per detector: AUROC by steps (columns) and restarts (rows)."""
    grids = lines(curves, settings.methods, ["restarts", "steps"])
    height = 0.9 + 0.28 * curves["restarts"].max()
    size = (1.2 + 0.5 * curves["steps"].nunique(), 0.4 + height * len(grids))
    figure, axes = panels(settings.layout.title, size, len(grids))
    for panel, (name, series) in zip(axes[:, 0], grids.items(), strict=True):
        draw_heat(panel, name, series.unstack())  # noqa: PD010 -- unique cells
    return figure
