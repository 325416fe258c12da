"""Nearest neighbours in the features of a network that is not trained here."""

from typing import Self, TypeVar

from torch import Tensor

from cobra.detectors.baselines.parts.baseline import Training
from cobra.detectors.baselines.parts.feature_bank import BankSettings, FeatureBank
from cobra.detectors.baselines.parts.feature_extractor import Architecture
from cobra.detectors.baselines.parts.neighbours import mean_squared_distance
from cobra.settings.section import setting


class FeatureSettings(BankSettings):
    """Of nearest neighbours in features."""

    network: Architecture = setting("resnet18", "Architecture, named as torchvision names it.")
    side: int | None = setting(
        224, "Images are scaled to this side (ImageNet's); empty: they stay as they are.", ge=32
    )
    neighbours: int = setting(2, "Nearest training images that are averaged over (DN2).", paper=2, ge=1)


Chosen = TypeVar("Chosen", bound=FeatureSettings)


class FeatureNeighbours(FeatureBank[Chosen]):
    """The mean squared distance to the nearest training images in the last features, means of maps."""

    @classmethod
    def fit(cls, settings: Chosen, training: Training) -> Self:
        """The features of the training images, kept."""
        training.require_images(settings.neighbours, "neighbours")
        extractor = cls.chosen(settings, training)
        return cls(settings, extractor, extractor.of_normal(training))

    def score(self, images: Tensor) -> Tensor:
        """The distances [N]."""
        features = self.extractor.features(images)
        return mean_squared_distance(features, self.bank, self.settings.neighbours)
