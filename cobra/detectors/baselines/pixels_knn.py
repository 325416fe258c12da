"""Nearest neighbours in pixels: the floor that every detector should be above (ours)."""

from typing import Any, Literal, Self

from torch import Tensor

from cobra.data.one_class import as_unit
from cobra.detectors.baselines.parts.baseline import Baseline, Training
from cobra.detectors.baselines.parts.neighbours import mean_squared_distance
from cobra.settings.section import Section, setting


class Settings(Section):
    """Of nearest neighbours in pixels."""

    kind: Literal["pixels_knn"]
    neighbours: int = setting(2, "Nearest training images that are averaged over (as DN2 has it).", ge=1)


class Fitted(Baseline[Settings]):
    """The mean squared distance to the nearest training images, all pixels of all channels counted alike."""

    def __init__(self, settings: Settings, pixels: Tensor) -> None:
        self.neighbours = settings.neighbours
        self.pixels = pixels
        self.bank = as_unit(pixels).flatten(1)

    @classmethod
    def fit(cls, settings: Settings, training: Training) -> Self:
        training.require_images(settings.neighbours, "neighbours")
        return cls(settings, training.images.pixels[:])

    def score(self, images: Tensor) -> Tensor:
        return mean_squared_distance(images.flatten(1), self.bank, self.neighbours)

    def state(self) -> dict[str, Any]:
        return {"pixels": self.pixels}

    @classmethod
    def restored(cls, settings: Settings, state: dict[str, Any]) -> Self:
        return cls(settings, state["pixels"])
