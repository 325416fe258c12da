"""Nearest neighbours in the features of a network with random weights (ours): what the
architecture alone gives, to compare pretrained features with.
"""

from typing import Literal

from cobra.detectors.baseline_detector import Training
from cobra.detectors.baselines.parts.features import (
    FeatureNeighbours,
    FeatureSettings,
    Residual,
    random_network,
)
from cobra.detectors.baselines.parts.staged_network import StagedNetwork
from cobra.settings.section import setting


class Settings(FeatureSettings):
    """Of nearest neighbours in random features."""

    kind: Literal["random_features_knn"]
    network: Residual = setting("resnet18", "Architecture, named as in torchvision.")
    width: int = setting(64, "Channels of the first stage.", ge=1)


class Fitted(FeatureNeighbours[Settings]):
    """The features of weights drawn at random, a function of the seed."""

    @classmethod
    def network(cls, settings: Settings, training: Training) -> StagedNetwork:
        return random_network(settings.network, settings.width, training)
