"""The kinds of figures made from files of results: how each collects its numbers and draws them."""

from collections.abc import Callable
from typing import NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from cobra.reporting.figures import (
    budget,
    eps,
    geometry,
    grid,
    histogram,
    history,
    memory,
    paper,
    roc,
    tradeoff,
)
from cobra.settings.figures import FigureSettings


class Kind(NamedTuple):
    """`collect` takes the settings and the path pattern of the files; `draw` what it returns."""

    collect: Callable[[FigureSettings, str], pd.DataFrame]
    draw: Callable[[pd.DataFrame, FigureSettings], Figure]


KINDS = {
    "budget": Kind(budget.collect, budget.draw),
    "eps": Kind(eps.collect, eps.draw),
    "roc": Kind(roc.collect, roc.draw),
    "histogram": Kind(histogram.collect, histogram.draw),
    "history": Kind(history.collect, history.draw),
    "grid": Kind(grid.collect, grid.draw),
    "memory": Kind(memory.collect, memory.draw),
    "geometry": Kind(geometry.collect, geometry.draw),
    "paper": Kind(paper.collect, paper.draw),
    "tradeoff": Kind(tradeoff.collect, tradeoff.draw),
}
