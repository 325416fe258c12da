"""A trained baseline: images -> anomaly scores, saved to and loaded from one file, as ours."""

from pathlib import Path
from typing import Any, Self

from torch import Tensor

from cobra.artifacts.checkpoints import TRAINED, identity_in, write_torch
from cobra.artifacts.identity import Identity
from cobra.detectors.baselines import fitted_class
from cobra.detectors.baselines.parts.baseline import Baseline, Training
from cobra.detectors.settings import kind_settings
from cobra.errors import UserError, blamed_on_content
from cobra.settings.section import Section, canonical_json


class BaselineDetector:
    """A baseline with the settings of its kind, and what it was made from."""

    def __init__(self, baseline: Baseline[Any], settings: Section, identity: Identity) -> None:
        self.baseline = baseline
        self.settings = settings
        self.identity = identity

    @classmethod
    def train(cls, settings: Section, training: Training, identity: Identity) -> Self:
        """Make the baseline that the settings name of normal images."""
        return cls(_class_of(settings).fit(settings, training), settings, identity)

    def score(self, images: Tensor) -> Tensor:
        """Anomaly scores [N] of images [N, C, H, W] in [0, 1]; higher is more anomalous; differentiable."""
        return self.baseline.score(images)

    def save(self, path: Path) -> None:
        """Write the detector, its identity inside; equal detectors give equal bytes."""
        content = {
            "identity": self.identity.model_dump_json(),
            "baseline": canonical_json(self.settings),
            "state": self.baseline.state(),
        }
        write_torch(path, content)

    @classmethod
    def restored(cls, path: Path, content: dict[str, Any]) -> Self:
        """What `save` wrote to `path`, its `content` read; raises UserError for any other."""
        identity = identity_in(path, content, TRAINED, "detector")
        with blamed_on_content(f"{path} is not a baseline of this version: train it again."):
            settings = _settings_of(identity, path)
            return cls(_class_of(settings).restored(settings, content["state"]), settings, identity)


def is_baseline(content: dict[str, Any]) -> bool:
    """Whether the content of a detector's file is a baseline's."""
    return "baseline" in content


def _settings_of(identity: Identity, path: Path) -> Section:
    try:
        return kind_settings(identity.settings["baseline"], str(path))
    except UserError as error:  # written for somebody who wrote the settings
        raise ValueError(error) from error


def _class_of(settings: Section) -> type[Baseline[Any]]:
    return fitted_class(settings.model_dump()["kind"])
