"""Score files to cells: clean and robust AUROC of each data set, class, method and score."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from cobra.artifacts.files import read_json, read_table
from cobra.artifacts.identity import Identity
from cobra.attacks.settings import EvaluationSettings
from cobra.errors import UserError
from cobra.metrics import Estimate, estimate_accuracy, estimate_auroc, fixed, mean_estimate
from cobra.reporting.tables.defects import read_kinds
from cobra.reporting.tables.settings import TableSettings

MEAN = "mean"
NOT_APPLICABLE = "not applicable"
MEASURES = {"auroc": "AUROC", "accuracy": "accuracy"}
KINDS = {"auroc": "scores", "accuracy": "radii"}  # of the files behind a measure
ERROR = "error: "  # how a command's last words begin


@dataclass(frozen=True)
class Result:
    """One class of one detector: its figures, and the score files they come from. `failed` are the gates that
    it did not pass; None: it was not judged.
    """

    clean: Estimate
    robust: Estimate
    identities: list[Identity]
    files: list[Path]
    failed: frozenset[int] | None = None


def read_result(
    path: Path, subject: Mapping[str, str | int], resamples: int, measure: str = "auroc"
) -> Result:
    """The figures of one score file; raises UserError if the file is about something else than `subject`."""
    table, identity = read_table(path)
    identity.require(path, KINDS[measure], subject)
    name = str(subject["dataset"])  # what its classes and methods have in common is the same in their draws
    if measure == "accuracy":
        clean, robust = _accuracies(table, identity, resamples, f"{name}/{subject['normal']}")
    else:
        is_anomaly, image_ids = (table[column].to_numpy() for column in ("is_anomaly", "image_id"))
        clean, robust = (
            estimate_auroc(table[column].to_numpy(), is_anomaly, image_ids, resamples, name)
            for column in ("clean", "attacked")
        )
    if robust.value > clean.value:
        raise UserError(
            f"{path} holds a robust {MEASURES[measure]} above the clean one, which no attack gives: "
            "make it again."
        )
    return Result(clean, robust, [identity], [path])


def _accuracies(table: pa.Table, identity: Identity, resamples: int, name: str) -> tuple[Estimate, Estimate]:
    """At the file's threshold: an image withstands eps if it is right and what turns it lies further off."""
    attack = EvaluationSettings.model_validate(identity.settings["evaluation"]).attack
    eps = attack.eps if attack and attack.eps is not None else 0.0
    is_anomaly, radius = (table[column].to_numpy() for column in ("is_anomaly", "radius"))
    right = (table["clean"].to_numpy() > table["threshold"].to_numpy()) == is_anomaly
    return (
        estimate_accuracy(right, is_anomaly, resamples, f"{name}/clean"),
        estimate_accuracy(right & (radius > eps), is_anomaly, resamples, f"{name}/attacked"),
    )


def read_failed(path: Path, subject: Mapping[str, str | int]) -> frozenset[int]:
    """The gates that a detector failed."""
    content, identity = read_json(path)
    identity.require(path, "gates", subject)
    return frozenset(verdict["gate"] for verdict in content["verdicts"] if verdict["verdict"] == "fail")


def mean_result(results: list[Result], *, redrawn: bool) -> Result:
    """The average over seeds of a class, or over classes of a data set; it fails what one of them fails.

    `redrawn`: the seeds or classes are a sample, of which others might have come.
    """
    failed = [result.failed for result in results if result.failed is not None]
    return Result(
        clean=mean_estimate([result.clean for result in results], redrawn=redrawn),
        robust=mean_estimate([result.robust for result in results], redrawn=redrawn),
        identities=[identity for result in results for identity in result.identities],
        files=[file for result in results for file in result.files],
        failed=frozenset().union(*failed) if len(failed) == len(results) else None,
    )


@dataclass(frozen=True)
class Cell:
    """What a table says of a data set's class (or the mean of its classes) under a method's score and an
    attack; `missing` names the first score file that is not there, and then there is no result, as there is
    none where the attack does not apply to the score. `parts` are what it is the mean of: of each class the
    results of its seeds. In a table of defects a cell may be of a single kind of the class's anomalies, and
    knows the numbers of its normal and anomalous `images`.
    """

    dataset: str
    normal: str
    method: str
    score: str
    result: Result | None = None
    missing: Path | None = None
    attack: str = ""
    applies: bool = True
    why: str = "not run"
    parts: tuple[tuple[Result, ...], ...] = ()
    defect: str = ""
    images: tuple[int, int] | None = None

    @property
    def identities(self) -> list[Identity]:
        """What the score files behind the result say of themselves."""
        return self.result.identities if self.result else []

    @property
    def lack(self) -> str:
        """Why there is no result."""
        return self.why if self.applies else NOT_APPLICABLE


@dataclass(frozen=True)
class Patterns:
    """Paths with {dataset}, {normal}, {method}, {seed}, {score}, {attack}: of score files, of verdicts, of
    the logs of preparing the data, and of the logs of training and attack.
    """

    scores: str
    gates: str | None = None
    data_logs: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()


def collect_cells(settings: TableSettings, patterns: Patterns) -> list[Cell]:
    """All cells of a table: per data set, method, score and attack the classes, each followed by its kinds of
    anomalies where rows are defects, then the classes' mean.
    """
    layout, cells = settings.layout, []
    for dataset, method in itertools.product(layout.datasets, layout.methods):
        shown = settings.methods[method]
        redrawn = "classes" in settings.bootstrap.over
        for score, attack in itertools.product(shown.scores, layout.all_attacks):
            applies = attack not in shown.inapplicable.get(score, [])
            mean = Cell(dataset, MEAN, method, score, attack=attack, applies=applies)
            classes = [
                _class_cell(settings, patterns, replace(mean, normal=normal))
                for normal in settings.classes[dataset]
            ]
            results = [cell.result for cell in classes if cell.result is not None]
            result = mean_result(results, redrawn=redrawn) if len(results) == len(classes) else None
            lacking = next((cell for cell in classes if cell.missing), mean)
            parts = tuple(part for cell in classes for part in cell.parts)
            of_defects = layout.rows == "defects"
            cells += [
                *(each for cell in classes for each in (_by_kind(settings, cell) if of_defects else [cell])),
                replace(mean, result=result, missing=lacking.missing, why=lacking.why, parts=parts),
            ]
    return cells


def _class_cell(settings: TableSettings, patterns: Patterns, cell: Cell) -> Cell:
    if not cell.applies:
        return cell
    names = {name: getattr(cell, name) for name in ("dataset", "normal", "method", "score")}
    results = []
    for seed in settings.seeds:
        subject: dict[str, str | int] = {**names, "seed": seed, "attack": cell.attack}
        path = Path(patterns.scores.format(**subject))
        if not path.is_file():
            return replace(cell, missing=path, why=why_missing(patterns, subject))
        result = read_result(path, subject, settings.bootstrap.resamples, settings.layout.measure)
        if patterns.gates is not None and cell.attack == settings.gated:
            verdicts = Path(patterns.gates.format(**subject))
            if not verdicts.is_file():
                return replace(cell, missing=verdicts, why="not judged")
            result = replace(result, failed=read_failed(verdicts, subject))
        results.append(result)
    return _over_seeds(settings, cell, results)


def _over_seeds(settings: TableSettings, cell: Cell, results: list[Result]) -> Cell:
    """The cell with the mean of its seeds' results, as uncertain as the settings ask for."""
    over = settings.bootstrap.over
    if "images" not in over:
        results = [replace(each, clean=fixed(each.clean), robust=fixed(each.robust)) for each in results]
    result = mean_result(results, redrawn="seeds" in over)
    return replace(cell, result=result, parts=(tuple(results),))


def _by_kind(settings: TableSettings, cell: Cell) -> list[Cell]:
    """A class's cell with its numbers of images, and a cell for each kind of its anomalies."""
    if cell.result is None:
        return [cell]
    (seeds,) = cell.parts
    read = [read_kinds(seed.files[0], settings.bootstrap.resamples, cell.dataset) for seed in seeds]
    cells = []
    for kind, own in read[0].items():
        named = replace(cell, defect=kind, images=(own.normal, own.anomalous))
        figures = [(seed, of_seed[kind]) for seed, of_seed in zip(seeds, read, strict=True)]
        results = [replace(seed, clean=its.clean, robust=its.robust) for seed, its in figures]
        cells.append(_over_seeds(settings, named, results))
    return cells


def why_missing(patterns: Patterns, subject: Mapping[str, str | int]) -> str:
    """Of a score file that is not there: no data, failed, unfinished, or not run."""
    if "failed" in (_state(pattern, subject) for pattern in patterns.data_logs):
        return "no data"
    states = [_state(pattern, subject) for pattern in patterns.logs]
    return next((state for state in ("failed", "unfinished") if state in states), "not run")


def _state(pattern: str, subject: Mapping[str, str | int]) -> str:
    """How the job that wrote a log ended, or that there is none."""
    path = Path(pattern.format(**subject))
    if not path.is_file():
        return "not run"
    lines = [line for line in path.read_text(errors="replace").splitlines() if line.strip()]
    return "failed" if lines and lines[-1].startswith(ERROR) else "unfinished"
