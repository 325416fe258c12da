"""The score files behind a record, in memory: whether they are its own, and the AUROCs that follow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cobra.artifacts.digests import file_digest
from cobra.artifacts.files import read_table
from cobra.attacks.restart import trace_names
from cobra.data.one_class import Images
from cobra.errors import UserError
from cobra.gates import evidence
from cobra.gates.evidence import Evidence
from cobra.metrics import estimate_auroc
from cobra.sharing.leaderboard.record import DETECTOR, Attached, Draws, Key, Record, TestGroup

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
        return TestGroup.of(self.image_ids, self.is_anomaly.tolist())

    @property
    def traces(self) -> list[list[str]]:
        """By restart the columns that its attack writes, the fewest steps first; of a file that claims more
        restarts than it has columns, no more than that.
        """
        if self.attack is None:
            return []
        return trace_names(min(self.attack.restarts, len(self.columns)), self.attack.steps)


def read_scores(key: Key, path: Path) -> ScoreFile:
    """A score file or a sweep; raises UserError if it is none."""
    found = evidence.ScoreFile.of(path, *read_table(path))
    attached = Attached(role=key[0], name=key[1], sha256=file_digest(path))
    return ScoreFile(**vars(found) | {"path": Path(attached.path)}, attached=attached)


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
    images = str(files[0].identity.subject["dataset"])  # drawn as in tables
    ids = np.array(files[0].image_ids)
    found = {"aurocs": parts}
    for name, scores in (("clean", judged.clean), ("robust", judged.claim)):
        estimate = estimate_auroc(scores, judged.is_anomaly, ids, draws.resamples, images)
        low, high = estimate.interval(draws.confidence)
        found[name] = {"auroc": round(estimate.value, DIGITS), "low": round(low, DIGITS)}
        found[name] |= {"high": round(high, DIGITS)}
    return found
