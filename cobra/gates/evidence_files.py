"""Score files as evidence, each checked to be of the detector and the images at hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cobra.artifacts.files import read_table
from cobra.artifacts.identity import Identity
from cobra.attacks.inputs import EvaluationInputs
from cobra.attacks.settings import AttackSettings
from cobra.errors import UserError
from cobra.gates.evidence import AttackScores, Evidence, Scores
from cobra.gates.settings import GateSettings, Undefended
from cobra.metrics import auroc

NOT_TRACE = {"image_id", "is_anomaly", "class_name", "clean", "attacked"}


def gather(
    opened: EvaluationInputs,
    settings: GateSettings,
    parts: list[Path],
    *,
    claim: Path,
    doubled: Path | None,
    sweep: Path | None,
    undefended: Path | None,
) -> Evidence:
    """The evidence for the gates; raises UserError for a file that is about something else."""
    files = Files(opened.identity, opened.test.images.ids.tolist())
    table, _ = files.read(claim, settings.claim, "scores")
    return Evidence(
        score=opened.score,
        images=opened.test.images,
        is_anomaly=opened.test.is_anomaly.cpu().numpy(),
        clean=_scores(table, "clean"),
        claim=_scores(table, "attacked"),
        parts={name: files.attacked(path, name) for name, path in zip(settings.parts, parts, strict=True)},
        doubled=files.attacked(doubled, settings.doubled) if doubled and settings.doubled else None,
        sweep=files.sweep(sweep, settings.sweep) if sweep and settings.sweep else {},
        undefended=files.undefended(undefended, settings) if undefended and settings.undefended else None,
    )


@dataclass(frozen=True)
class Files:
    """Reads score files of the detector that `identity` (of its gates) is about, on `image_ids`."""

    identity: Identity
    image_ids: list[int]

    def attacked(self, path: Path, attack: str) -> AttackScores:
        """One attack's scores."""
        table, settings = self.read(path, attack, "scores")
        chosen = AttackSettings.model_validate(settings["evaluation"]["attack"])
        trace = {name: _scores(table, name) for name in table.column_names if name not in NOT_TRACE}
        return AttackScores(chosen, _scores(table, "attacked"), trace)

    def sweep(self, path: Path, name: str) -> dict[float, Scores]:
        """The scores by eps."""
        table, settings = self.read(path, name, "sweep")
        return {eps: _scores(table, f"eps_{eps:g}") for eps in settings["eps"]}

    def undefended(self, path: Path, settings: GateSettings) -> float:
        """The AUROC that the judged attack leaves another detector of the same class."""
        other = settings.undefended or Undefended(method="", score="")
        table, identity = read_table(path)
        identity.require(path, "scores", {**self._subject(settings.claim), **other.model_dump()})
        return auroc(_scores(table, "attacked"), table["is_anomaly"].to_numpy())

    def read(self, path: Path, attack: str, kind: str) -> tuple[pa.Table, dict[str, Any]]:
        """A file's table and settings."""
        table, identity = read_table(path)
        own = {name: self.identity.inputs[name] for name in ("data", "detector")}
        made_from = own if "detector" in identity.inputs else {}  # a combination is made from score files
        identity.require(path, kind, self._subject(attack), made_from)
        if table["image_id"].to_pylist() != self.image_ids:
            raise UserError(f"{path} is not about the test images at hand: give another, or make it again.")
        return table, identity.settings

    def _subject(self, attack: str) -> Mapping[str, str | int]:
        return {**self.identity.subject, "attack": attack}


def _scores(table: pa.Table, name: str) -> Scores:
    return np.asarray(table[name].to_numpy(), dtype=np.float32)
