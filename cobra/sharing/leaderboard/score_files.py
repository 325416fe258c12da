"""The score files behind a record, in memory, and the AUROCs that follow from them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from cobra.artifacts.digests import digest, file_digest
from cobra.artifacts.files import read_table
from cobra.artifacts.identity import Identity
from cobra.attacks.restart import recorded_steps
from cobra.attacks.settings import AttackSettings
from cobra.data.one_class import Images
from cobra.errors import UserError
from cobra.gates.evidence import AttackScores, Evidence, Scores
from cobra.metrics import auroc, estimate_auroc
from cobra.settings.section import canonical_json
from cobra.sharing.leaderboard.record import Attached, Draws, Key, TestGroup

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
        return test_group(self.image_ids, self.is_anomaly)

    @property
    def direction(self) -> Scores:
        """+1 for images whose score an attack raises, -1 for those whose score it lowers."""
        return np.where(self.is_anomaly, -1, 1).astype(np.float32)

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


def test_group(image_ids: list[int], is_anomaly: NDArray[np.bool_]) -> TestGroup:
    """How many images are in each group, and a digest of which."""
    anomalies = int(is_anomaly.sum())
    told = {"ids": image_ids, "is_anomaly": is_anomaly.astype(int).tolist()}
    return TestGroup(
        normal=len(image_ids) - anomalies, anomalies=anomalies, digest=digest(canonical_json(told))
    )


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
    images = "{dataset}/{normal}".format(**files[0].identity.subject)
    found = {"aurocs": parts}
    for name, scores in (("clean", evidence.clean), ("robust", evidence.claim)):
        estimate = estimate_auroc(scores, evidence.is_anomaly, draws.resamples, images)  # drawn as in tables
        low, high = estimate.interval(draws.confidence)
        found[name] = {"auroc": round(estimate.value, DIGITS), "low": round(low, DIGITS)}
        found[name] |= {"high": round(high, DIGITS)}
    return found
