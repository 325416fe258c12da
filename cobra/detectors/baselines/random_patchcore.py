"""PatchCore in the features of a network with random weights (ours): what architecture, bank and distance
give without pretraining, to compare PatchCore with.
"""

from typing import Literal

from cobra.detectors.baseline_detector import Training
from cobra.detectors.baselines.parts.features import random_network
from cobra.detectors.baselines.parts.patch_memory import PatchMemory, PatchSettings
from cobra.settings.section import setting
from cobra.training.networks.resnet import ResNet


class Settings(PatchSettings):
    """Of PatchCore in random features."""

    kind: Literal["random_patchcore"]
    width: int = setting(64, "Channels of the first stage, of resnet18 and resnet34.", ge=1)


class Fitted(PatchMemory[Settings]):
    """The patches of weights drawn at random, a function of the seed."""

    @classmethod
    def network(cls, settings: Settings, training: Training) -> ResNet:
        return random_network(settings.network, settings.width, training)
