"""PatchCore (Roth et al. 2022: Towards total recall in industrial anomaly detection)."""

from typing import Literal

from torch import nn

from cobra.detectors.baselines.parts.baseline import Training
from cobra.detectors.baselines.parts.feature_extractor import build
from cobra.detectors.baselines.parts.patch_memory import PatchMemory, PatchSettings
from cobra.detectors.baselines.parts.weights import WeightsSettings, load_weights


class Settings(PatchSettings):
    """Of PatchCore."""

    kind: Literal["patchcore"]
    weights: WeightsSettings


class Fitted(PatchMemory[Settings]):
    """The patches of declared weights."""

    @classmethod
    def empty(cls, settings: Settings) -> nn.Module:
        return build(settings.network)

    @classmethod
    def network(cls, settings: Settings, training: Training) -> nn.Module:  # noqa: ARG003 -- nothing is drawn
        return load_weights(cls.empty(settings), settings.weights)
