"""The paper's figure beside ours: which it is, whether the two may be compared, and what departs from the
paper in a job's settings.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cobra.artifacts.identity import Identity
from cobra.artifacts.paper_values import departures
from cobra.attacks.settings import EvaluationSettings
from cobra.metrics import Estimate
from cobra.reporting.tables.cells import MEAN, Cell
from cobra.reporting.tables.paper_numbers import AVERAGE
from cobra.reporting.tables.settings import TableSettings
from cobra.training.settings import DetectorSettings


def evaluations(identity: Identity) -> list[EvaluationSettings]:
    """The evaluation behind a score file, or those that it combines."""
    settings = identity.settings
    made = settings["parts"].values() if "parts" in settings else [settings["evaluation"]]
    return [EvaluationSettings.model_validate(each) for each in made]


def identity_departures(identity: Identity, paper_eps: float) -> list[str]:
    """What departs from the paper in all that made a score file."""
    found = [text for each in evaluations(identity) for text in departures(each, paper_eps)]
    detector = identity.settings["detector"]
    if "baseline" in detector:  # whose module, which knows its paper, need not be imported here
        found += detector["departures"]
    elif "own" not in detector:  # the paper sets nothing of others' detectors
        found += departures(DetectorSettings.model_validate(detector), paper_eps)
    return [*found, *(f"{identity.subject['dataset']}: {remark}" for remark in identity.settings["data"])]


MEASURES = ("clean", "robust")


@dataclass(frozen=True)
class PaperFigure:
    """The paper's AUROC in percent."""

    clean: float
    robust: float


def paper_row(settings: TableSettings, cell: Cell) -> str | None:
    """The row of the paper's table that a cell is about; None if it is about none."""
    if settings.layout.rows != "classes":
        return cell.dataset if cell.normal == MEAN else None
    return AVERAGE if cell.normal == MEAN else cell.normal


def paper_names(settings: TableSettings, cell: Cell) -> list[str]:
    """What the paper calls a cell's method, under its first score alone: the paper judges it by that."""
    method = settings.methods[cell.method]
    return method.reported if cell.score == method.scores[0] else []


def ours_of(settings: TableSettings, method: str, cells: list[Cell]) -> Cell | None:
    """Of these cells the one of the paper's `method`."""
    return next((cell for cell in cells if method in paper_names(settings, cell)), None)


def paper_figure(settings: TableSettings, reported: pd.DataFrame, cell: Cell) -> PaperFigure | None:
    """The paper's figure for a cell."""
    found = reported[
        (reported["table"] == settings.layout.reported)
        & (reported["row"] == paper_row(settings, cell))
        & reported["method"].isin(paper_names(settings, cell))
    ]
    if found.empty:
        return None
    return PaperFigure(float(found["clean_auroc"].iloc[0]), float(found["robust_auroc"].iloc[0]))


def is_reduced(settings: TableSettings, cell: Cell) -> bool:
    """Whether a cell was made at other settings than the paper's, or over fewer classes: then it is no
    reproduction, however near its figure. The objective is not counted: the paper's rows differ in it.
    """
    fewer = cell.normal == MEAN and cell.dataset in settings.partial
    found = (identity_departures(each, settings.paper_eps[cell.dataset]) for each in cell.identities)
    return fewer or any(not departure.startswith("objective.") for each in found for departure in each)


def mark(settings: TableSettings, place: str, cells: list[Cell]) -> str:
    """The name of a data set or class, marked where all that is shown of it is reduced."""
    known = [cell for cell in cells if cell.result is not None]
    reduced = bool(known) and all(is_reduced(settings, cell) for cell in known)
    return f"{place} (reduced)" if reduced else place


def verdict(settings: TableSettings, cell: Cell, ours: Estimate, paper: float) -> str:
    """Whether the paper's figure lies inside our interval; of a reduced cell that is not asked."""
    if is_reduced(settings, cell):
        return "reduced"
    low, high = ours.interval(settings.bootstrap.confidence)
    return "inside" if low <= paper <= high else "outside"


def comparison(settings: TableSettings, reported: pd.DataFrame, cell: Cell) -> dict[str, Any]:
    """Per measure the paper's figure, ours minus the paper's (points), and the verdict, for machines."""
    figure = paper_figure(settings, reported, cell)
    row: dict[str, Any] = {}
    for name in MEASURES:
        paper, difference, found = getattr(figure, name, np.nan), np.nan, "not reported"
        if figure is not None and cell.result is None:
            found = cell.lack
        elif figure is not None:
            ours = getattr(cell.result, name)
            difference, found = round(ours.value - paper, 3), verdict(settings, cell, ours, paper)
        row |= {f"{name}_paper": paper, f"{name}_difference": difference, f"{name}_comparison": found}
    return row


def paper_text(settings: TableSettings, cell: Cell | None, figure: PaperFigure) -> str:
    """The paper's figure for people; where ours may be held against it, what that gives."""
    text = f"{figure.clean:.1f} / {figure.robust:.1f}"
    if cell is None or cell.result is None or is_reduced(settings, cell):
        return text
    told = []
    for name in MEASURES:
        ours, paper = getattr(cell.result, name), getattr(figure, name)
        told.append(f"{ours.value - paper:+.1f} {verdict(settings, cell, ours, paper)}")
    return f"{text} (ours: {', '.join(told)})"
