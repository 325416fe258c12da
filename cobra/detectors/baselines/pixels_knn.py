"""Nearest neighbours in pixels: the floor that every detector should be above (ours)."""

from typing import Any, Literal

from torch import Tensor

from cobra.data.one_class import as_unit
from cobra.detectors.baseline_detector import Baseline, Training
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
        self.bank = as_unit(pixels).flatten(1)

    @classmethod
    def fit(cls, settings: Settings, training: Training) -> dict[str, Any]:
        training.require_images(settings.neighbours, "neighbours")
        return {"pixels": training.images.pixels[:]}

    def score(self, images: Tensor) -> Tensor:
        return mean_squared_distance(images.flatten(1), self.bank, self.neighbours)
