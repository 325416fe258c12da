"""A convolutional autoencoder: what it reconstructs badly is anomalous.

The one that Ruff et al. 2018 compare with Deep SVDD, and from which they start it (DCAE, sections 4.1 and
4.3). APAE (Goodge et al. 2020) defends such a one.
"""

from typing import Any, Literal, Self

from torch import Tensor

from cobra.detectors.baselines.parts.adam import LearningSettings
from cobra.detectors.baselines.parts.baseline import Baseline, Training
from cobra.detectors.baselines.parts.learning import loaded
from cobra.detectors.baselines.parts.lenet import Autoencoder, LeNetSettings, trained_autoencoder
from cobra.settings.section import Section


class Settings(Section):
    """Of an autoencoder."""

    kind: Literal["autoencoder"]
    network: LeNetSettings = LeNetSettings()
    training: LearningSettings = LearningSettings()


class Fitted(Baseline[Settings]):
    """The mean squared error of the reconstruction."""

    def __init__(self, network: Autoencoder, side: int) -> None:
        self.network = network
        self.side = side

    @classmethod
    def fit(cls, settings: Settings, training: Training) -> Self:
        network = trained_autoencoder(settings.network, settings.training, training)
        return cls(network, training.side)

    def score(self, images: Tensor) -> Tensor:
        return self.network.errors(images)

    def state(self) -> dict[str, Any]:
        return {"network": self.network.state_dict(), "side": self.side}

    @classmethod
    def restored(cls, settings: Settings, state: dict[str, Any]) -> Self:
        network = Autoencoder(settings.network, state["side"])
        return cls(loaded(network, state["network"]), state["side"])
