"""Nearest neighbours in the features of a pretrained network.

DN2 (Bergman, Cohen, Hoshen 2020), which PANDA (Reiss et al. 2021) adapts, with ImageNet weights; ZARND
(Mirzaei et al. 2024) takes those of an adversarially trained network, which come through the same door.
"""

from typing import Literal

from cobra.detectors.baseline_detector import Training
from cobra.detectors.baselines.parts.features import FeatureNeighbours, FeatureSettings, build
from cobra.detectors.baselines.parts.staged_network import StagedNetwork
from cobra.detectors.baselines.parts.weights import WeightsSettings, load_weights


class Settings(FeatureSettings):
    """Of nearest neighbours in pretrained features."""

    kind: Literal["features_knn"]
    weights: WeightsSettings


class Fitted(FeatureNeighbours[Settings]):
    """The features of declared weights."""

    @classmethod
    def network(cls, settings: Settings, _: Training) -> StagedNetwork:
        return load_weights(build(settings.network), settings.weights)
