"""The score files behind a record, in memory: whether they are its own, and the AUROCs that follow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from cobra.artifacts.digests import file_digest
from cobra.artifacts.files import read_table
from cobra.artifacts.identity import Identity
from cobra.attacks.restart import recorded_steps
from cobra.attacks.settings import AttackSettings
from cobra.data.one_class import Images
from cobra.errors import UserError
from cobra.gates.evidence import AttackScores, Evidence, Scores
from cobra.metrics import auroc, estimate_auroc
from cobra.sharing.leaderboard.record import DETECTOR, Attached, Draws, Key, Record, TestGroup

NOT_SCORES = ("image_id", "is_anomaly", "class_name", "strongest")
DIGITS = 3  # of a stated AUROC


@dataclass(frozen=True)
class ScoreFile:
    """A score file's columns [N] by name, its images, and what it says of itself."""

    attached: Attached
    image_ids: list[int]
    is_anomaly: NDArray[np.bool_]
    columns: dict[str, Scores]
    identity: Identity

    @property
    def role(self) -> str:
        """What it is to the record."""
        return self.attached.role

    @property
    def path(self) -> str:
        """Where it lies in the record's archive."""
        return self.attached.path

    @cached_property
    def images(self) -> TestGroup:
        """Its test images."""
        return TestGroup.of(self.image_ids, self.is_anomaly.tolist())

    @property
    def attack(self) -> AttackSettings | None:
        """The attack that it says it is of; None if it says none."""
        try:
            return AttackSettings.model_validate(self.identity.settings["evaluation"]["attack"])
        except (KeyError, TypeError, ValueError):
            return None

    @property
    def budgets(self) -> list[float]:
        """Of a sweep, the eps that it says it has; of others none."""
        try:
            return [float(eps) for eps in self.identity.settings.get("eps", [])]
        except (TypeError, ValueError, OverflowError):
            return []

    @property
    def traces(self) -> list[list[str]]:
        """By restart the columns that its attack writes, the fewest steps first; of a file that claims more
        restarts than it has columns, no more than that.
        """
        if self.attack is None:
            return []
        restarts, steps = min(self.attack.restarts, len(self.columns)), recorded_steps(self.attack.steps)
        return [[f"r{restart}_s{step}" for step in steps] for restart in range(1, 1 + restarts)]

    @property
    def scores(self) -> AttackScores:
        """As evidence for the gates; raises UserError if it names no attack."""
        if self.attack is None:
            raise UserError(f"{self.path} names no attack: make it again.")
        trace = {name: values for name, values in self.columns.items() if name not in ("clean", "attacked")}
        return AttackScores(self.attack, self.columns["attacked"], trace)


def read_scores(key: Key, path: Path) -> ScoreFile:
    """A score file or a sweep; raises UserError if it is none."""
    table, identity = read_table(path)
    try:
        names = [name for name in table.column_names if name not in NOT_SCORES]
        return ScoreFile(
            attached=Attached(role=key[0], name=key[1], sha256=file_digest(path)),
            image_ids=[int(each) for each in table["image_id"].to_pylist()],
            is_anomaly=np.asarray(table["is_anomaly"].to_numpy(), dtype=bool),
            columns={name: np.asarray(table[name].to_numpy(), dtype=np.float32) for name in names},
            identity=identity,
        )
    except (KeyError, TypeError, ValueError, pa.ArrowException) as error:
        raise UserError(f"{path} has no columns of a score file ({error}): make it again.") from None


def lineage_faults(record: Record, files: Sequence[ScoreFile]) -> Iterator[str]:
    """A sentence for each score file that is of something else than the record."""
    for file in files:
        yield from _origin_faults(record, file)
        if file.images != record.images:
            yield (
                f"{file.path} is not about the {record.images.normal} normal and {record.images.anomalies} "
                "anomalous test images that the record names: attach its own score files."
            )
        odd = sorted(_odd_columns(file))
        if odd:
            yield (
                f"{file.path} has not the columns that its attack writes ({', '.join(odd[:3])}): attach "
                "the file as it was made."
            )


def _origin_faults(record: Record, file: ScoreFile) -> Iterator[str]:
    """What the file says of itself against what the record says."""
    name, subject = file.attached.name, record.identity.subject
    wanted = {part: subject[part] for part in DETECTOR} | {"attack": name}
    made_from = {of: record.identity.inputs[of] for of in ("data", "detector")}
    if file.role == "undefended":  # of another detector, and maybe a combination, made from score files
        wanted, made_from = {part: subject[part] for part in ("dataset", "normal")} | {"method": name}, {}
    try:
        kind = "sweep" if file.role == "sweep" else "scores"
        file.identity.require(Path(file.path), kind, wanted, made_from)
    except UserError as error:
        yield str(error)
    if file.role == "attack" and file.attack != record.attacks[name]:
        yield (
            f"{file.path} was made with other settings of {name} than the record says: make the record "
            "again from its score files."
        )


def _odd_columns(file: ScoreFile) -> set[str]:
    """The columns that a file lacks, or should not have."""
    given = set(file.columns)
    if file.role == "undefended":  # of which the attacked scores alone are read
        return {"clean", "attacked"} - given
    if file.role == "sweep":
        return given ^ {"clean", *(f"eps_{eps:g}" for eps in file.budgets)}
    return given ^ {"clean", "attacked", *(name for trace in file.traces for name in trace)}


def evidence_of(files: Sequence[ScoreFile]) -> Evidence:
    """The gates' evidence that lies in score files; the score itself is not at hand."""
    first = next(file for file in files if file.role == "attack")
    by_role = {file.role: file for file in files}
    doubled, sweep, undefended = (by_role.get(role) for role in ("doubled", "sweep", "undefended"))
    evidence = Evidence(
        score=_out_of_reach,
        images=Images(torch.empty(0), torch.empty(0)),
        is_anomaly=first.is_anomaly,
        clean=first.columns["clean"],
        claim=first.columns["attacked"],
        parts={file.attached.name: file.scores for file in files if file.role == "attack"},
        doubled=doubled.scores if doubled else None,
        sweep={eps: sweep.columns[f"eps_{eps:g}"] for eps in sweep.budgets} if sweep else {},
        undefended=auroc(undefended.columns["attacked"], undefended.is_anomaly) if undefended else None,
    )
    return replace(evidence, claim=evidence.worst([part.attacked for part in evidence.parts.values()]))


def _out_of_reach(_: Tensor) -> Tensor:
    raise UserError("Score files hold no detector: gates that probe one cannot be judged by them.")


def figures(files: Sequence[ScoreFile], draws: Draws) -> dict[str, Any]:
    """The AUROCs of a record, by its fields: under each attack; clean and robust with their intervals."""
    evidence = evidence_of(files)
    parts = {name: round(evidence.auroc(part.attacked), DIGITS) for name, part in evidence.parts.items()}
    images = str(files[0].identity.subject["dataset"])  # drawn as in tables
    ids = np.array(files[0].image_ids)
    found = {"aurocs": parts}
    for name, scores in (("clean", evidence.clean), ("robust", evidence.claim)):
        estimate = estimate_auroc(scores, evidence.is_anomaly, ids, draws.resamples, images)
        low, high = estimate.interval(draws.confidence)
        found[name] = {"auroc": round(estimate.value, DIGITS), "low": round(low, DIGITS)}
        found[name] |= {"high": round(high, DIGITS)}
    return found
