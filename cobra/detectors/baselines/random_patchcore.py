"""PatchCore in the features of a network with random weights (ours): what architecture, bank and distance
give without pretraining, to compare PatchCore with.
"""

from typing import Literal

from cobra.detectors.baseline_detector import Training
from cobra.detectors.baselines.parts.features import Residual, random_network
from cobra.detectors.baselines.parts.patch_memory import PatchMemory, PatchSettings
from cobra.detectors.baselines.parts.staged_network import StagedNetwork
from cobra.settings.section import setting


class Settings(PatchSettings):
    """Of PatchCore in random features."""

    kind: Literal["random_patchcore"]
    network: Residual = setting(
        "wide_resnet50_2",
        "Architecture, named as in torchvision (Roth et al., section 4.1).",
        paper="wide_resnet50_2",
    )
    width: int = setting(64, "Channels of the first stage, of resnet18 and resnet34.", ge=1)


class Fitted(PatchMemory[Settings]):
    """The patches of weights drawn at random, a function of the seed."""

    @classmethod
    def network(cls, settings: Settings, training: Training) -> StagedNetwork:
        return random_network(settings.network, settings.width, training)
