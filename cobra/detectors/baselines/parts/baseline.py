"""What every baseline is: made from normal training images, a score, and a state to be kept in a file."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, Self, TypeVar

from torch import Tensor

from cobra.artifacts.checkpoints import Scratch
from cobra.data.one_class import Images
from cobra.errors import UserError
from cobra.settings.section import Section

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

    def require_images(self, count: int, where: str) -> None:
        """Raise UserError unless there are as many images as the setting `where` asks for."""
        if count > len(self.images):
            raise UserError(
                f"baseline.{where} is {count}, but there are {len(self.images)} normal training images: "
                "lower it."
            )


class Baseline(ABC, Generic[Chosen]):
    """A detector that is not the paper's, made with the settings of its kind."""

    @classmethod
    @abstractmethod
    def fit(cls, settings: Chosen, training: Training) -> Self:
        """Train it; equal settings, images and seeds give equal states, a resumed training too. Raises
        UserError for settings that the images do not bear.
        """

    @abstractmethod
    def score(self, images: Tensor) -> Tensor:
        """Anomaly scores [N] of images [N, 3, H, W] in [0, 1]; higher is more anomalous; differentiable; of
        each image the same in any batch.
        """

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """All that the score rests on beside the settings: tensors and plain values."""

    @classmethod
    @abstractmethod
    def restored(cls, settings: Chosen, state: dict[str, Any]) -> Self:
        """What had this `state`, on its tensors' device; raises KeyError, ValueError or RuntimeError for the
        state of other settings.
        """
