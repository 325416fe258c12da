"""How the eps of training and the eps of the attack decide the AUROC together."""

from collections.abc import Iterator

import pandas as pd
import pyarrow as pa
from matplotlib.figure import Figure

from cobra.artifacts.identity import Identity
from cobra.reporting.figures.drawing import draw_heat, panels
from cobra.reporting.figures.kinds.eps import budgets
from cobra.reporting.figures.result_files import rows_of
from cobra.reporting.figures.settings import FigureSettings
from cobra.reporting.tables.labels import with_score

MADE_OF = "sweep"
NEEDS = ("datasets", "methods", "sweep")
MAY = ("classes", "scores")
CAPTION = """
**A row is an eps in training, a column an eps of the attack** of the sweep ``{sweep}``: the AUROC in %, the
mean over classes and seeds; 0 in training is standard training, 0 of the attack the clean images. Read a
column downwards: which training withstands this attack best. Read a row to the right: how far a training
carries beyond the eps it was made for. The first column is what each training costs on clean images.
"""
AXES = {"training_eps": "eps in training", "eps": "eps of the attack"}


def collect(settings: FigureSettings, pattern: str) -> pd.DataFrame:
    """A row per detector and eps of the attack: dataset ... seed, training_eps (0: standard training), eps
    (0: clean images), auroc in %.
    """
    return rows_of(settings, pattern, "sweep", _budgets)


def _budgets(table: pa.Table, identity: Identity) -> Iterator[dict[str, float]]:
    adversary = identity.settings["detector"]["adversary"]
    training_eps = float(adversary["eps"]) if adversary["enabled"] else 0.0
    return ({"training_eps": training_eps, **row} for row in budgets(table))


def draw(curves: pd.DataFrame, settings: FigureSettings) -> Figure:
    """A panel per data set and score: a row per eps in training, a column per eps of the attack; means over
    classes and seeds.
    """
    grids = {}
    for names, own in curves.groupby(["dataset", "score"], sort=False):
        means = own.groupby(list(AXES))["auroc"].mean().unstack()  # noqa: PD010 -- unique cells
        grids[names] = means.rename_axis(index=AXES["training_eps"], columns=AXES["eps"])
    heights = [0.7 + 0.28 * len(grid) for grid in grids.values()]
    width = 1.4 + 0.5 * max(grid.shape[1] for grid in grids.values())
    size = (max(width, 4), 0.5 + sum(heights))
    figure, axes = panels(settings.layout.title, size, len(grids), height_ratios=heights)
    for panel, ((dataset, score), grid) in zip(axes[:, 0], grids.items(), strict=True):
        draw_heat(panel, with_score(str(dataset), str(score)), grid)
    return figure
