"""What the gates judge by: score files of attacks on one detector, and the detector itself for probes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cobra.artifacts.files import read_table
from cobra.artifacts.identity import Identity
from cobra.attacks.combination import SHARED, worst_scores
from cobra.attacks.settings import AttackSettings
from cobra.data.one_class import Images, TestImages
from cobra.detectors.scoring import Score
from cobra.errors import UserError
from cobra.gates.settings import GateSettings
from cobra.metrics import INVERTED, auroc

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class AttackScores:
    """One attack's score file: its settings and its columns beyond `clean` and `attacked`, [N] each."""

    settings: AttackSettings
    attacked: Scores
    trace: Mapping[str, Scores]

    @classmethod
    def of(cls, settings: AttackSettings, columns: Mapping[str, Scores]) -> "AttackScores":
        """Of the columns of a score file."""
        trace = {name: scores for name, scores in columns.items() if name not in ("clean", "attacked")}
        return cls(settings, columns["attacked"], trace)

    @property
    def role(self) -> str:
        """white-box, transfer or black-box."""
        if self.settings.source is not None:
            return "transfer"
        return "white-box" if "gradient" in self.settings.traits else "black-box"

    def worst_within(self, steps: int, is_anomaly: NDArray[np.bool_]) -> Scores:
        """The worst scores after that many steps of each restart."""
        columns = [scores for name, scores in self.trace.items() if name.endswith(f"_s{steps}")]
        return worst_scores(is_anomaly, columns)

    def recorded(self) -> list[int]:
        """The step counts that the trace has."""
        return sorted({int(name.split("_s")[1]) for name in self.trace})


@dataclass(frozen=True)
class ScoreFile:
    """A score file or a sweep: its columns [N] by name, its images, and what it says of itself."""

    path: Path
    image_ids: list[int]
    is_anomaly: NDArray[np.bool_]
    columns: dict[str, Scores]
    identity: Identity

    @classmethod
    def of(cls, path: Path, table: pa.Table, identity: Identity) -> "ScoreFile":
        """What was read from `path`; raises UserError if it is neither."""
        names = [name for name in table.column_names if name not in (*SHARED, "strongest")]
        try:
            return cls(
                path=path,
                image_ids=[int(each) for each in table["image_id"].to_pylist()],
                is_anomaly=np.asarray(table["is_anomaly"].to_numpy(), dtype=bool),
                columns={name: np.asarray(table[name].to_numpy(), dtype=np.float32) for name in names},
                identity=identity,
            )
        except (KeyError, TypeError, ValueError, pa.ArrowException) as error:
            raise UserError(f"{path} has no columns of a score file ({error}): make it again.") from None

    @property
    def attack(self) -> AttackSettings | None:
        """The attack that it says it is of; None if it says none."""
        try:
            return AttackSettings.model_validate(self.identity.settings["evaluation"]["attack"])
        except (KeyError, TypeError, ValueError):
            return None

    @property
    def scores(self) -> AttackScores:
        """The scores of its attack; raises UserError if it names none."""
        if self.attack is None:
            raise UserError(f"{self.path} names no attack: make it again.")
        return AttackScores.of(self.attack, self.columns)

    @property
    def budgets(self) -> list[float]:
        """Of a sweep, the eps that it says it has; of others none."""
        try:
            return [float(eps) for eps in self.identity.settings.get("eps", [])]
        except (TypeError, ValueError, OverflowError):
            return []

    @property
    def sweep(self) -> dict[float, Scores]:
        """Of a sweep, the worst scores by eps."""
        return {eps: self.columns[f"eps_{eps:g}"] for eps in self.budgets}

    @property
    def auroc(self) -> float:
        """The AUROC in percent that its attack leaves."""
        return auroc(self.columns["attacked"], self.is_anomaly)


@dataclass(frozen=True)
class Evidence:
    """A detector's figures: `claim` are the scores behind the figure to be called robust, `parts` the attacks
    that it is the worst of. What is None or empty makes its gates not applicable.
    """

    score: Score
    images: Images
    is_anomaly: NDArray[np.bool_]
    clean: Scores
    claim: Scores
    parts: Mapping[str, AttackScores]
    doubled: AttackScores | None = None
    sweep: Mapping[float, Scores] = field(default_factory=dict)
    undefended: float | None = None

    @classmethod
    def of_files(
        cls,
        score: Score,
        images: Images,
        claim: ScoreFile,
        parts: Mapping[str, ScoreFile],
        *,
        doubled: ScoreFile | None,
        sweep: ScoreFile | None,
        undefended: ScoreFile | None,
    ) -> "Evidence":
        """The evidence of score files of one detector, and of another one that is `undefended`."""
        return cls(
            score=score,
            images=images,
            is_anomaly=claim.is_anomaly,
            clean=claim.columns["clean"],
            claim=claim.columns["attacked"],
            parts={name: file.scores for name, file in parts.items()},
            doubled=doubled.scores if doubled else None,
            sweep=sweep.sweep if sweep else {},
            undefended=undefended.auroc if undefended else None,
        )

    def auroc(self, scores: Scores) -> float:
        """AUROC in percent."""
        return auroc(scores, self.is_anomaly)

    @property
    def inverted(self) -> bool:
        """Whether the score seems to rank the wrong way round before any attack."""
        return self.auroc(self.clean) < INVERTED

    def of_role(self, role: str) -> dict[str, AttackScores]:
        """The attacks of that role."""
        return {name: part for name, part in self.parts.items() if part.role == role}

    def worst(self, scores: list[Scores]) -> Scores:
        """Per image the worst of several scores."""
        return worst_scores(self.is_anomaly, scores)

    def white_box(self) -> Scores:
        """Per image the worst of all white-box attacks, the unperturbed image included."""
        return self.worst([self.clean, *(part.attacked for part in self.of_role("white-box").values())])


def read_evidence(
    score: Score,
    test: TestImages,
    identity: Identity,
    settings: GateSettings,
    parts: list[Path],
    *,
    claim: Path,
    doubled: Path | None,
    sweep: Path | None,
    undefended: Path | None,
) -> Evidence:
    """The evidence for a gates job of that `identity`; raises UserError for a file that is not about its
    detector and test images.
    """

    def read(path: Path, attack: str, kind: str = "scores") -> ScoreFile:
        table, found = read_table(path)
        own = {name: identity.inputs[name] for name in ("data", "detector")}
        made_from = own if "detector" in found.inputs else {}  # a combination is made from score files
        found.require(path, kind, {**identity.subject, "attack": attack}, made_from)
        if table["image_id"].to_pylist() != test.images.ids.tolist():
            raise UserError(f"{path} is not about the test images at hand: give another, or make it again.")
        return ScoreFile.of(path, table, found)

    other = None
    if undefended and settings.undefended:
        table, found = read_table(undefended)
        named = {"attack": settings.claim, **settings.undefended.model_dump()}
        found.require(undefended, "scores", {**identity.subject, **named})
        other = ScoreFile.of(undefended, table, found)
    return Evidence.of_files(
        score,
        test.images,
        claim=read(claim, settings.claim),
        parts={name: read(path, name) for name, path in zip(settings.parts, parts, strict=True)},
        doubled=read(doubled, settings.doubled) if doubled and settings.doubled else None,
        sweep=read(sweep, settings.sweep, "sweep") if sweep and settings.sweep else None,
        undefended=other,
    )
