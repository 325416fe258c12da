"""Score files to cells: per data set, class, method and score the clean and robust AUROC."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cobra.artifacts import read_table
from cobra.errors import UserError
from cobra.metrics import Estimate, estimate_auroc, mean_estimate
from cobra.provenance import Identity
from cobra.settings.tables import TableSettings

MEAN = "mean"


@dataclass(frozen=True)
class Result:
    """One class of one detector: its figures, and the score files they come from."""

    clean: Estimate
    robust: Estimate
    identities: list[Identity]
    files: list[Path]


def read_result(path: Path, subject: Mapping[str, str | int], resamples: int) -> Result:
    """The figures of one score file; raises UserError if the file is about something else than `subject`."""
    table, identity = read_table(path)
    identity.require(path, "scores", subject)
    is_anomaly = table["is_anomaly"].to_numpy()
    name = "/".join(map(str, subject.values()))
    clean, robust = (
        estimate_auroc(table[column].to_numpy(), is_anomaly, resamples, f"{name}/{column}")
        for column in ("clean", "attacked")
    )
    if robust.value > clean.value:
        raise UserError(
            f"{path} holds a robust AUROC above the clean one, which no attack gives: make it again."
        )
    return Result(clean, robust, [identity], [path])


def mean_result(results: list[Result]) -> Result:
    """The average over seeds of a class, or over classes of a data set."""
    return Result(
        clean=mean_estimate([result.clean for result in results]),
        robust=mean_estimate([result.robust for result in results]),
        identities=[identity for result in results for identity in result.identities],
        files=[file for result in results for file in result.files],
    )


@dataclass(frozen=True)
class Cell:
    """What a table says of a data set's class (or the mean of its classes) under a method's score and an
    attack; `missing` names the first score file that is not there, and then there is no result.
    """

    dataset: str
    normal: str
    method: str
    score: str
    result: Result | None = None
    missing: Path | None = None
    attack: str = ""


def collect_cells(settings: TableSettings, pattern: str) -> list[Cell]:
    """All cells of a table. `pattern` is a score file's path with {dataset}, {normal}, {method}, {seed},
    {score} and {attack} in it.
    """
    cells = []
    for dataset, method, score, attack in _grid(settings):
        classes = [_class_cell(settings, pattern, Cell(dataset, normal, method, score, attack=attack))
                   for normal in settings.classes[dataset]]  # fmt: skip
        results = [cell.result for cell in classes if cell.result is not None]
        missing = next((cell.missing for cell in classes if cell.missing), None)
        mean = mean_result(results) if missing is None else None
        cells += [*classes, Cell(dataset, MEAN, method, score, mean, missing, attack)]
    return cells


def _grid(settings: TableSettings) -> Iterator[tuple[str, str, str, str]]:
    layout = settings.layout
    for dataset, method in itertools.product(layout.datasets, layout.methods):
        for score, attack in itertools.product(settings.methods[method].scores, layout.all_attacks):
            yield dataset, method, score, attack


def _class_cell(settings: TableSettings, pattern: str, cell: Cell) -> Cell:
    names = {name: getattr(cell, name) for name in ("dataset", "normal", "method", "score")}
    results = []
    for seed in settings.seeds:
        subject: dict[str, str | int] = {**names, "seed": seed, "attack": cell.attack}
        path = Path(pattern.format(**subject))
        if not path.is_file():
            return replace(cell, missing=path)
        results.append(read_result(path, subject, settings.bootstrap.resamples))
    return replace(cell, result=mean_result(results))


def cells_frame(cells: list[Cell], confidence: float) -> pd.DataFrame:
    """The cells for machines: one row each, with intervals and the score files behind it."""
    return pd.DataFrame([_record(cell, confidence) for cell in cells])


def _record(cell: Cell, confidence: float) -> dict[str, object]:
    record: dict[str, object] = {
        "dataset": cell.dataset, "class": cell.normal, "method": cell.method, "score": cell.score,
        "attack": cell.attack,
    }  # fmt: skip
    for name in ("clean", "robust"):
        estimate = getattr(cell.result, name, None)
        low, high = estimate.interval(confidence) if estimate else (np.nan, np.nan)
        values = (estimate.value if estimate else np.nan, low, high)
        columns = (f"{name}_auroc", f"{name}_low", f"{name}_high")
        record |= {column: round(value, 3) for column, value in zip(columns, values, strict=True)}
    files = cell.result.files if cell.result else [f"not run: {cell.missing}"]
    return record | {"score_files": " ".join(map(str, files))}
