"""A baseline: what it is trained on, what it computes, and a trained one in a file."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from torch import Tensor

from cobra.artifacts.checkpoints import TRAINED, Scratch, identity_in, write_torch
from cobra.artifacts.identity import Identity
from cobra.data.one_class import Images, as_unit
from cobra.detectors.baselines import BASELINES
from cobra.detectors.settings import kind_settings
from cobra.errors import UserError, blamed_on_content
from cobra.settings.section import Section, canonical_json

Chosen = TypeVar("Chosen", bound=Section)


@dataclass(frozen=True)
class Training:
    """What a baseline is made from: normal images, the seed, and where long work keeps its state."""

    images: Images
    seed: int
    scratch: Scratch

    @property
    def side(self) -> int:
        """Pixels along a side of the images."""
        return self.images.pixels[:1].shape[-1]

    @cached_property
    def stages(self) -> dict[str, Any]:
        """The state of each stage of the work by its name, as a killed run left them."""
        return self.scratch.load() or {}

    def save(self, stage: str, state: dict[str, Any]) -> None:
        """Replace the saved state of a stage."""
        self.stages[stage] = state
        self.scratch.save(self.stages)

    def batches(self, work: str, size: int) -> Iterator[Tensor]:
        """The normal images, float [size, 3, H, W] in [0, 1] at a time; a line tells how far the work is."""
        with self.scratch.progress(f"{work}, images", len(self.images), 0) as bar:
            for batch in self.images.pixels.split(size):
                yield as_unit(batch)
                bar.update(len(batch))

    def require_images(self, count: int, where: str) -> None:
        """Raise UserError unless there are as many images as the setting `where` asks for."""
        if count > len(self.images):
            raise UserError(
                f"baseline.{where} is {count}, but there are {len(self.images)} normal training images: "
                "lower it."
            )

    def require_halvings(self, times: int, where: str) -> None:
        """Raise UserError unless the side can be halved as often as the setting `where` asks for."""
        if self.side % 2**times:
            raise UserError(
                f"baseline.{where} asks for {times} halvings of a side of {self.side} pixels, which "
                f"{2**times} does not divide: take away channels, or set another resolution of the data set."
            )


class Baseline(ABC, Generic[Chosen]):
    """A detector that is not the paper's, of the settings of its kind and of its state: all that the score
    rests on beside them, tensors and plain values.
    """

    @abstractmethod
    def __init__(self, settings: Chosen, **state: Any) -> None:
        """The detector of a state that `fit` found, on the device of its tensors."""

    @classmethod
    @abstractmethod
    def fit(cls, settings: Chosen, training: Training) -> dict[str, Any]:
        """Its state, trained; equal settings, images and seeds give equal states, a resumed training too.
        Raises UserError for settings that the images do not bear.
        """

    @abstractmethod
    def score(self, images: Tensor) -> Tensor:
        """Anomaly scores [N] of images [N, 3, H, W] in [0, 1]; higher is more anomalous; differentiable; of
        each image the same in any batch.
        """


class BaselineDetector:
    """A trained baseline, its settings, state and identity in one file, as ours are."""

    def __init__(self, settings: Section, state: dict[str, Any], identity: Identity) -> None:
        self.baseline = _class_of(settings)(settings, **state)
        self.settings = settings
        self.state = state
        self.identity = identity

    @classmethod
    def train(cls, settings: Section, training: Training, identity: Identity) -> Self:
        """Make the baseline that the settings name of normal images."""
        return cls(settings, _class_of(settings).fit(settings, training), identity)

    def score(self, images: Tensor) -> Tensor:
        """Anomaly scores [N] of images [N, C, H, W] in [0, 1]; higher is more anomalous; differentiable."""
        return self.baseline.score(images)

    def save(self, path: Path) -> None:
        """Write the detector, its identity inside; equal detectors give equal bytes."""
        content = {
            "identity": self.identity.model_dump_json(),
            "baseline": canonical_json(self.settings),
            "state": self.state,
        }
        write_torch(path, content)

    @classmethod
    def restored(cls, path: Path, content: dict[str, Any]) -> Self:
        """What `save` wrote to `path`, its `content` read; raises UserError for any other."""
        identity = identity_in(path, content, TRAINED, "detector")
        with blamed_on_content(f"{path} is not a baseline of this version: train it again."):
            try:
                settings = kind_settings(identity.settings["baseline"], str(path))
            except UserError as error:  # written for somebody who wrote the settings
                raise ValueError(error) from error
            return cls(settings, content["state"], identity)


def is_baseline(content: dict[str, Any]) -> bool:
    """Whether the content of a detector's file is a baseline's."""
    return "baseline" in content


def _class_of(settings: Section) -> type[Baseline[Any]]:
    return BASELINES.load(settings.model_dump()["kind"]).Fitted
