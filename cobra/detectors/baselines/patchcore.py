"""PatchCore (Roth et al. 2022: Towards total recall in industrial anomaly detection)."""

from typing import Literal

from cobra.detectors.baseline_detector import Training
from cobra.detectors.baselines.parts.features import build
from cobra.detectors.baselines.parts.patch_memory import PatchMemory, PatchSettings
from cobra.detectors.baselines.parts.staged_network import StagedNetwork
from cobra.detectors.baselines.parts.weights import WeightsSettings, load_weights


class Settings(PatchSettings):
    """Of PatchCore."""

    kind: Literal["patchcore"]
    weights: WeightsSettings


class Fitted(PatchMemory[Settings]):
    """The patches of declared weights."""

    @classmethod
    def network(cls, settings: Settings, _: Training) -> StagedNetwork:
        return load_weights(build(settings.network), settings.weights)
