"""The score files behind a record, in memory, and the AUROCs that follow from them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cobra.artifacts.digests import digest, file_digest
from cobra.artifacts.files import read_table
from cobra.attacks.restart import trace_names
from cobra.data.one_class import Images
from cobra.errors import UserError
from cobra.gates import evidence
from cobra.gates.evidence import Evidence, Scores
from cobra.metrics import estimate_auroc
from cobra.settings.section import canonical_json
from cobra.sharing.leaderboard.record import Attached, Draws, Key, TestGroup

DIGITS = 3  # of a stated AUROC


@dataclass(frozen=True)
class ScoreFile(evidence.ScoreFile):
    """A score file with its role in a record; `path` is where it lies in the record's archive."""

    attached: Attached

    @property
    def role(self) -> str:
        """What it is to the record."""
        return self.attached.role

    @cached_property
    def images(self) -> TestGroup:
        """Its test images."""
        return test_group(self.image_ids, self.is_anomaly)

    @property
    def direction(self) -> Scores:
        """+1 for images whose score an attack raises, -1 for those whose score it lowers."""
        return np.where(self.is_anomaly, -1, 1).astype(np.float32)

    @property
    def traces(self) -> list[list[str]]:
        """By restart the columns that its attack writes, the fewest steps first; of a file that claims more
        restarts than it has columns, no more than that.
        """
        if self.attack is None:
            return []
        return trace_names(min(self.attack.restarts, len(self.columns)), self.attack.steps)


def test_group(image_ids: list[int], is_anomaly: NDArray[np.bool_]) -> TestGroup:
    """How many images are in each group, and a digest of which."""
    anomalies = int(is_anomaly.sum())
    told = {"ids": image_ids, "is_anomaly": is_anomaly.astype(int).tolist()}
    return TestGroup(
        normal=len(image_ids) - anomalies, anomalies=anomalies, digest=digest(canonical_json(told))
    )


def read_scores(key: Key, path: Path) -> ScoreFile:
    """A score file or a sweep; raises UserError if it is none."""
    found = evidence.ScoreFile.of(path, *read_table(path))
    attached = Attached(role=key[0], name=key[1], sha256=file_digest(path))
    return ScoreFile(**vars(found) | {"path": Path(attached.path)}, attached=attached)


def evidence_of(files: Sequence[ScoreFile]) -> Evidence:
    """The gates' evidence that lies in score files; the score itself is not at hand."""
    parts = {file.attached.name: file for file in files if file.role == "attack"}
    by_role = {file.role: file for file in files}
    found = Evidence.of_files(
        score=_out_of_reach,
        images=Images(torch.empty(0), torch.empty(0)),
        claim=next(iter(parts.values())),
        parts=parts,
        doubled=by_role.get("doubled"),
        sweep=by_role.get("sweep"),
        undefended=by_role.get("undefended"),
    )
    return replace(found, claim=found.worst([part.attacked for part in found.parts.values()]))


def _out_of_reach(_: Tensor) -> Tensor:
    raise UserError("Score files hold no detector: gates that probe one cannot be judged by them.")


def figures(files: Sequence[ScoreFile], draws: Draws) -> dict[str, Any]:
    """The AUROCs of a record, by its fields: under each attack; clean and robust with their intervals."""
    judged = evidence_of(files)
    parts = {name: round(judged.auroc(part.attacked), DIGITS) for name, part in judged.parts.items()}
    images = "{dataset}/{normal}".format(**files[0].identity.subject)
    found = {"aurocs": parts}
    for name, scores in (("clean", judged.clean), ("robust", judged.claim)):
        estimate = estimate_auroc(scores, judged.is_anomaly, draws.resamples, images)  # drawn as in tables
        low, high = estimate.interval(draws.confidence)
        found[name] = {"auroc": round(estimate.value, DIGITS), "low": round(low, DIGITS)}
        found[name] |= {"high": round(high, DIGITS)}
    return found
