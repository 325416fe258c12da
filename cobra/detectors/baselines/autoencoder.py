"""A convolutional autoencoder: what it reconstructs badly is anomalous.

The one that Ruff et al. 2018 compare with Deep SVDD, and from which they start it (DCAE, sections 4.1 and
4.3). APAE (Goodge et al. 2020) defends such a one.
"""

from typing import Any, Literal

from torch import Tensor

from cobra.detectors.baseline_detector import Baseline, Training
from cobra.detectors.baselines.parts.learning import loaded
from cobra.detectors.baselines.parts.lenet import (
    Autoencoder,
    LearningSettings,
    LeNetSettings,
    trained_autoencoder,
)
from cobra.settings.section import Section


class Settings(Section):
    """Of an autoencoder."""

    kind: Literal["autoencoder"]
    network: LeNetSettings = LeNetSettings()
    training: LearningSettings = LearningSettings()


class Fitted(Baseline[Settings]):
    """The mean squared error of the reconstruction."""

    def __init__(self, settings: Settings, network: dict[str, Tensor], side: int) -> None:
        self.network = loaded(Autoencoder(settings.network, side), network)

    @classmethod
    def fit(cls, settings: Settings, training: Training) -> dict[str, Any]:
        network = trained_autoencoder(settings.network, settings.training, training)
        return {"network": network.state_dict(), "side": training.side}

    def score(self, images: Tensor) -> Tensor:
        return self.network.errors(images)
