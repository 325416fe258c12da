"""Nearest neighbours in the features of a network that this work does not train, wherever it comes from."""

from abc import abstractmethod
from typing import Any, Self, TypeVar

from torch import Tensor, nn

from cobra.baselines.parts.baseline import Baseline, Training
from cobra.baselines.parts.features import Extractor
from cobra.baselines.parts.learning import loaded
from cobra.baselines.parts.neighbours import mean_squared_distance
from cobra.baselines.parts.resnets import Architecture
from cobra.settings.base import Section, setting


class FeatureSettings(Section):
    """Of nearest neighbours in features."""

    network: Architecture = setting("resnet18", "Architecture, named as torchvision names it.")
    side: int | None = setting(
        224, "Images are scaled to this side (ImageNet's); empty: they stay as they are.", ge=32
    )
    neighbours: int = setting(2, "Nearest training images that are averaged over (DN2).", paper=2, ge=1)


Chosen = TypeVar("Chosen", bound=FeatureSettings)


class FeatureNeighbours(Baseline[Chosen]):
    """The mean squared distance to the nearest training images in the last features, means of maps."""

    def __init__(self, settings: Chosen, extractor: Extractor, bank: Tensor) -> None:
        self.neighbours = settings.neighbours
        self.extractor = extractor
        self.bank = bank

    @classmethod
    @abstractmethod
    def empty(cls, settings: Chosen) -> nn.Module:
        """The network, its weights still to be put in."""

    @classmethod
    @abstractmethod
    def network(cls, settings: Chosen, training: Training) -> nn.Module:
        """The network with its weights."""

    @classmethod
    def fit(cls, settings: Chosen, training: Training) -> Self:
        """The features of the training images, kept."""
        training.require_images(settings.neighbours, "neighbours")
        network = cls.network(settings, training).to(training.images.pixels.device)
        extractor = Extractor(network, settings.side)
        return cls(settings, extractor, extractor.of_normal(training))

    def score(self, images: Tensor) -> Tensor:
        """The distances [N]."""
        return mean_squared_distance(self.extractor.features(images), self.bank, self.neighbours)

    def state(self) -> dict[str, Any]:
        """The network too, so that the file is enough."""
        return {"network": self.extractor.network.state_dict(), "bank": self.bank}

    @classmethod
    def restored(cls, settings: Chosen, state: dict[str, Any]) -> Self:
        """What had this state."""
        network = loaded(cls.empty(settings), state["network"])
        return cls(settings, Extractor(network, settings.side), state["bank"])
