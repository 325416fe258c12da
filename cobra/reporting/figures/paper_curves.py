"""The paper's training curves that a history has beside ours: of its data sets and methods, where known."""

import csv
from pathlib import Path

from cobra.errors import UserError
from cobra.reporting.figures.settings import FigureSettings, PaperPoint

TABLE = "training_curve_"  # then the data set
ROW = "epoch "  # then its number


def paper_points(path: Path, settings: FigureSettings) -> list[PaperPoint]:
    """The points of the curves in the file of the paper's numbers, of each data set and method that the
    figure shows, in the file's order; planning reads it, hence without pandas. Raises UserError if there is
    no such file, or a row of a curve is not of an epoch.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist: give the file of the paper's numbers.")
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["table"].startswith(TABLE)]
    points = []
    for row in rows:
        dataset = row["table"].removeprefix(TABLE)
        for name, method in settings.methods.items():
            if dataset in settings.classes and row["method"] in method.reported:
                numbers = {key: _number(row[f"{key}_auroc"]) for key in ("clean", "robust")}
                epoch = _epoch(path, row["row"])
                points.append(PaperPoint(dataset=dataset, method=name, epoch=epoch, **numbers))
    return points


def _epoch(path: Path, row: str) -> int:
    number = row.removeprefix(ROW)
    if not row.startswith(ROW) or not number.isdecimal():
        raise UserError(f"{path} has a training curve with the row {row!r}: call it {ROW}0, say.")
    return int(number)


def _number(text: str) -> float | None:
    return float(text) if text else None
