"""How much less or more the methods of a table keep under attack than one of them, with a paired test."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cobra.metrics import Estimate, difference, holm, mean_estimate
from cobra.reporting.tables.cells import MEAN, Cell
from cobra.reporting.tables.labels import line_name
from cobra.reporting.tables.settings import TableSettings

COLUMNS = ("paired_difference", "paired_low", "paired_high", "paired_p")
NONE = dict.fromkeys(COLUMNS, np.nan)  # of classes, and of the method compared with
Line = tuple[str, str, str]  # data set, method, score


@dataclass(frozen=True)
class Difference:
    """Robust AUROC less that of the method compared with, in points, with its interval; `p_value` is
    two-sided and adjusted for all differences of the table (Holm 1979).
    """

    value: float
    low: float
    high: float
    p_value: float

    @property
    def record(self) -> dict[str, float]:
        """Its columns of a table's csv."""
        values = (self.value, self.low, self.high, self.p_value)
        return {name: round(value, 4) for name, value in zip(COLUMNS, values, strict=True)}

    @property
    def text(self) -> str:
        """As a table shows it."""
        return f"{self.value:+.1f} [{self.low:+.1f}, {self.high:+.1f}], p = {self.p_value:.2g}"


def differences(settings: TableSettings, cells: list[Cell]) -> dict[Line, Difference]:
    """Of the means over classes of each method, score and data set, against `layout.differences`: under the
    same score or, where that method has it not, its first. Means that lack a result have none.
    """
    reference = settings.layout.differences
    means = {
        (cell.dataset, cell.method, cell.score): cell for cell in cells if cell.normal == MEAN and cell.result
    }
    found: dict[Line, Estimate] = {}
    for (dataset, method, score), cell in means.items():
        scores = settings.methods[reference].scores if reference else []
        against = (
            means.get((dataset, reference or "", score if score in scores else scores[0])) if scores else None
        )
        if against is not None and method != reference:
            found[dataset, method, score] = paired(settings, cell, against)
    adjusted = holm([estimate.p_value for estimate in found.values()])
    confidence = settings.bootstrap.confidence
    return {
        line: Difference(estimate.value, *estimate.interval(confidence), p_value)
        for (line, estimate), p_value in zip(found.items(), adjusted, strict=True)
    }


def paired(settings: TableSettings, cell: Cell, against: Cell) -> Estimate:
    """The mean difference over classes and, within them, seeds: image by image and seed by seed."""
    over = settings.bootstrap.over
    classes = [
        mean_estimate(
            [difference(one.robust, other.robust) for one, other in zip(*seeds, strict=True)],
            redrawn="seeds" in over,
        )
        for seeds in zip(cell.parts, against.parts, strict=True)
    ]
    return mean_estimate(classes, redrawn="classes" in over)


def difference_texts(settings: TableSettings, cells: list[Cell]) -> pd.DataFrame:
    """The differences as text: a row per line of a table with rows `methods`, a column per data set."""
    texts: dict[str, dict[str, str]] = {}
    for (dataset, method, score), its in differences(settings, cells).items():
        column = texts.setdefault(f"{dataset}, less {compared_with(settings)}", {})
        column[line_name(settings.methods, method, score)] = its.text
    return pd.DataFrame(texts)


def compared_with(settings: TableSettings) -> str:
    """What a table calls the method that the others are compared with."""
    return settings.methods[settings.layout.differences or ""].label


def difference_notes(settings: TableSettings, cells: list[Cell]) -> list[str]:
    """What the differences are, if the table shows some."""
    if not settings.layout.differences:
        return []
    count = len(differences(settings, cells))
    return [
        f"Less {compared_with(settings)}: difference of the robust AUROCs in points, image by image and seed "
        f"by seed, with its {100 * settings.bootstrap.confidence:g} % interval; p-values are two-sided and "
        f"adjusted for their number, {count} (Holm)."
    ]
