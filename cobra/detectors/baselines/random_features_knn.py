"""Nearest neighbours in the features of a network with random weights (ours): what the
architecture alone gives, to compare pretrained features with.
"""

from typing import Literal

from torch import nn

from cobra.detectors.baselines.parts.baseline import Training
from cobra.detectors.baselines.parts.feature_extractor import build
from cobra.detectors.baselines.parts.neighbours_of_features import FeatureNeighbours, FeatureSettings
from cobra.detectors.baselines.parts.random_network import random_network
from cobra.settings.section import setting


class Settings(FeatureSettings):
    """Of nearest neighbours in random features."""

    kind: Literal["random_features_knn"]
    width: int = setting(64, "Channels of the first stage.", ge=1)


class Fitted(FeatureNeighbours[Settings]):
    """The features of weights drawn at random, a function of the seed."""

    @classmethod
    def empty(cls, settings: Settings) -> nn.Module:
        return build(settings.network, settings.width)

    @classmethod
    def network(cls, settings: Settings, training: Training) -> nn.Module:
        return random_network(settings.network, settings.width, training)
