"""What the gates judge by: score files of attacks on one detector, and the detector itself for probes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cobra.attacks.settings import AttackSettings
from cobra.data.one_class import Images
from cobra.detectors.scoring import Score
from cobra.metrics import INVERTED, auroc

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class AttackScores:
    """One attack's score file: its settings and its columns beyond `clean` and `attacked`, [N] each."""

    settings: AttackSettings
    attacked: Scores
    trace: Mapping[str, Scores]

    @property
    def role(self) -> str:
        """white-box, transfer or black-box."""
        if self.settings.source is not None:
            return "transfer"
        return "white-box" if "gradient" in self.settings.traits else "black-box"

    def worst_within(self, steps: int, direction: Scores) -> Scores:
        """The worst scores after that many steps of each restart."""
        columns = [scores for name, scores in self.trace.items() if name.endswith(f"_s{steps}")]
        return direction * np.max([direction * scores for scores in columns], axis=0)

    def recorded(self) -> list[int]:
        """The step counts that the trace has."""
        return sorted({int(re.split("_s", name)[1]) for name in self.trace})


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

    @property
    def direction(self) -> Scores:
        """+1 for images whose score an attack raises, -1 for those whose score it lowers."""
        return np.where(self.is_anomaly, -1, 1).astype(np.float32)

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
        return self.direction * np.max([self.direction * each for each in scores], axis=0)

    def white_box(self) -> Scores:
        """Per image the worst of all white-box attacks, the unperturbed image included."""
        return self.worst([self.clean, *(part.attacked for part in self.of_role("white-box").values())])
