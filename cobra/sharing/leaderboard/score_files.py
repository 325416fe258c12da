"""The score files behind a record, in memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from cobra.artifacts.digests import digest
from cobra.artifacts.files import read_table
from cobra.artifacts.identity import Identity
from cobra.attacks.settings import AttackSettings
from cobra.data.one_class import Images
from cobra.errors import UserError
from cobra.gates.evidence import AttackScores, Evidence, Scores
from cobra.metrics import auroc
from cobra.settings.section import canonical_json
from cobra.sharing.leaderboard.record import Key, TestGroup

NOT_SCORES = ("image_id", "is_anomaly", "class_name", "strongest")
NOT_TRACE = ("clean", "attacked")


@dataclass(frozen=True)
class ScoreFile:
    """A score file's columns [N] by name, its images, and what it says of itself."""

    image_ids: list[int]
    is_anomaly: NDArray[np.bool_]
    columns: Mapping[str, Scores]
    identity: Identity

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
        given = self.identity.settings.get("eps", [])
        return [float(eps) for eps in given] if isinstance(given, list) else []

    @property
    def trace(self) -> dict[str, Scores]:
        """The columns r<restart>_s<steps>."""
        return {name: values for name, values in self.columns.items() if name not in NOT_TRACE}


def test_group(image_ids: list[int], is_anomaly: NDArray[np.bool_]) -> TestGroup:
    """How many images are in each group, and a digest of which."""
    anomalies = int(is_anomaly.sum())
    told = {"ids": image_ids, "is_anomaly": is_anomaly.astype(int).tolist()}
    return TestGroup(
        normal=len(image_ids) - anomalies, anomalies=anomalies, digest=digest(canonical_json(told))
    )


def read_scores(path: Path) -> ScoreFile:
    """A score file or a sweep; raises UserError if it is none."""
    table, identity = read_table(path)
    try:
        names = [name for name in table.column_names if name not in NOT_SCORES]
        return ScoreFile(
            image_ids=[int(each) for each in table["image_id"].to_pylist()],
            is_anomaly=np.asarray(table["is_anomaly"].to_numpy(), dtype=bool),
            columns={name: np.asarray(table[name].to_numpy(), dtype=np.float32) for name in names},
            identity=identity,
        )
    except (KeyError, TypeError, ValueError, pa.ArrowException) as error:
        raise UserError(f"{path} has no columns of a score file ({error}): make it again.") from None


def evidence_of(files: Mapping[Key, ScoreFile]) -> Evidence:
    """What of the gates' evidence lies in files; the score itself is not at hand."""
    attacks = {name: file for (role, name), file in files.items() if role == "attack"}
    by_role = {role: file for (role, _), file in files.items()}
    first = next(iter(attacks.values()))
    doubled, sweep, undefended = (by_role.get(role) for role in ("doubled", "sweep", "undefended"))
    return Evidence(
        score=_out_of_reach,
        images=Images(torch.empty(0), torch.empty(0)),
        is_anomaly=first.is_anomaly,
        clean=first.columns["clean"],
        claim=worst(attacks),
        parts={name: _attacked(file) for name, file in attacks.items()},
        doubled=_attacked(doubled) if doubled else None,
        sweep={eps: sweep.columns[f"eps_{eps:g}"] for eps in sweep.budgets} if sweep else {},
        undefended=auroc(undefended.columns["attacked"], undefended.is_anomaly) if undefended else None,
    )


def _out_of_reach(_: Tensor) -> Tensor:
    raise UserError("Score files hold no detector: gates that probe one cannot be judged by them.")


def worst(attacks: Mapping[str, ScoreFile]) -> Scores:
    """Per image the worst of what several attacks left."""
    direction = next(iter(attacks.values())).direction
    return direction * np.max([direction * file.columns["attacked"] for file in attacks.values()], axis=0)


def _attacked(file: ScoreFile) -> AttackScores:
    if file.attack is None:
        raise UserError(f"A score file of {file.identity.subject} names no attack: make it again.")
    return AttackScores(file.attack, file.columns["attacked"], file.trace)
