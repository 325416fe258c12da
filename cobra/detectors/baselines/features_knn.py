"""Nearest neighbours in the features of a pretrained network.

DN2 (Bergman, Cohen, Hoshen 2020), which PANDA (Reiss et al. 2021) adapts, with ImageNet weights; ZARND
(Mirzaei et al. 2024) takes those of an adversarially trained network, which come through the same door.
"""

from typing import Literal

from torch import nn

from cobra.detectors.baselines.parts.baseline import Training
from cobra.detectors.baselines.parts.feature_extractor import build
from cobra.detectors.baselines.parts.neighbours_of_features import FeatureNeighbours, FeatureSettings
from cobra.detectors.baselines.parts.weights import WeightsSettings, load_weights


class Settings(FeatureSettings):
    """Of nearest neighbours in pretrained features."""

    kind: Literal["features_knn"]
    weights: WeightsSettings


class Fitted(FeatureNeighbours[Settings]):
    """The features of declared weights."""

    @classmethod
    def empty(cls, settings: Settings) -> nn.Module:
        return build(settings.network)

    @classmethod
    def network(cls, settings: Settings, training: Training) -> nn.Module:  # noqa: ARG003 -- nothing is drawn
        return load_weights(cls.empty(settings), settings.weights)
