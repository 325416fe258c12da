"""The paper's numbers: read, held against each other and against ours, and what departs from the paper."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from cobra.artifacts.identity import Identity
from cobra.artifacts.paper_values import departures
from cobra.attacks.settings import EvaluationSettings
from cobra.errors import UserError
from cobra.metrics import Estimate
from cobra.reporting.tables.cells import MEAN, Cell
from cobra.reporting.tables.settings import OF_CLASSES, TableSettings
from cobra.training.settings import DetectorSettings

AVERAGE = "average"  # the row of a table's means
MEASURES = ["clean_auroc", "robust_auroc"]
REPORTED_COLUMNS = ["table", "row", "method", *MEASURES]
OURS = "COBRA"  # the paper's own method, as its tables call it
ROUNDING = 0.05  # cells and means are printed to 0.1
IMAGES = ("clean", "robust")  # what an AUROC is of


def read_reported(path: Path) -> pd.DataFrame:
    """The paper's numbers: table, row, method, clean_auroc, robust_auroc (percent)."""
    if not path.is_file():
        raise UserError(f"{path} does not exist: give the file of the paper's numbers.")
    frame = pd.read_csv(path)
    if list(frame.columns) != REPORTED_COLUMNS:
        raise UserError(f"{path} must have the columns {', '.join(REPORTED_COLUMNS)}.")
    return frame


def recomputed_means(reported: pd.DataFrame) -> pd.DataFrame:
    """A row per table, method and measure: the printed mean, the mean of the printed cells (percent), and
    whether rounding explains the difference: that of the mean and, at worst, that of every cell.
    """
    keys = ["table", "method"]
    is_mean = reported["row"] == AVERAGE
    printed = reported[is_mean].set_index(keys)[MEASURES]
    recomputed = reported[~is_mean].groupby(keys)[MEASURES].mean()
    both = pd.concat({"printed": printed, "recomputed": recomputed.loc[printed.index]}, axis=1)
    frame = both.stack(future_stack=True).rename_axis([*keys, "measure"]).reset_index()  # noqa: PD013
    difference = (frame["printed"] - frame["recomputed"]).abs()
    return frame.assign(explained=difference <= 2 * ROUNDING + 1e-9)


def headline_gains(reported: pd.DataFrame) -> pd.DataFrame:
    """A row per table with the paper's own method: by how much its robust mean exceeds that of the next best
    method (`over`, by the printed means), from the printed means and from the recomputed ones (points of
    AUROC), and whether rounding explains the difference.
    """
    means = recomputed_means(reported)
    robust = means[means["measure"] == "robust_auroc"]
    rows = []
    for table, group in robust.groupby("table", sort=False):
        is_ours = group["method"] == OURS
        if is_ours.any():
            row = {"table": table, "over": group[~is_ours].sort_values("printed")["method"].iloc[-1]}
            for name in ("printed", "recomputed"):
                row[name] = group.loc[is_ours, name].iloc[0] - group.loc[~is_ours, name].max()
            rows.append(row)
    frame = pd.DataFrame(rows, columns=["table", "over", "printed", "recomputed"])
    difference = (frame["printed"] - frame["recomputed"]).abs()
    return frame.assign(explained=difference <= 4 * ROUNDING + 1e-9)


def impossible_cells(reported: pd.DataFrame) -> pd.DataFrame:
    """The paper's cells whose robust figure exceeds the clean one."""
    return reported[reported["robust_auroc"] > reported["clean_auroc"]].reset_index(drop=True)


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


class PaperFigure(NamedTuple):
    """The paper's AUROC in percent."""

    clean: float
    robust: float


def paper_row(settings: TableSettings, cell: Cell) -> str | None:
    """The row of the paper's table that a cell is about; None if it is about none."""
    if cell.defect:
        return None
    if settings.layout.rows not in OF_CLASSES:
        return cell.dataset if cell.normal == MEAN else None
    return AVERAGE if cell.normal == MEAN else cell.normal


def paper_names(settings: TableSettings, cell: Cell) -> list[str]:
    """What the paper calls a cell's method, under its first score alone: the paper judges it by that."""
    method = settings.methods[cell.method]
    return method.reported if cell.score == method.scores[0] else []


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
    for name in IMAGES:
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
    for name in IMAGES:
        ours, paper = getattr(cell.result, name), getattr(figure, name)
        told.append(f"{ours.value - paper:+.1f} {verdict(settings, cell, ours, paper)}")
    return f"{text} (ours: {', '.join(told)})"
