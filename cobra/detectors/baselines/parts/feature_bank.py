"""A bank of features of normal images, from a network that is not trained here."""

from abc import abstractmethod
from typing import Any, Self, TypeVar

from torch import Tensor, nn

from cobra.detectors.baselines.parts.baseline import Baseline, Training
from cobra.detectors.baselines.parts.feature_extractor import Architecture, Extractor
from cobra.detectors.baselines.parts.learning import loaded
from cobra.settings.section import Section


class BankSettings(Section):
    """Of what fills a bank."""

    network: Architecture
    side: int | None


Chosen = TypeVar("Chosen", bound=BankSettings)


class FeatureBank(Baseline[Chosen]):
    """An extractor of features and those of the normal training images."""

    def __init__(self, settings: Chosen, extractor: Extractor, bank: Tensor) -> None:
        self.settings = settings
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
    def chosen(cls, settings: Chosen, training: Training) -> Extractor:
        """The extractor on the device of the training images."""
        network = cls.network(settings, training).to(training.images.pixels.device)
        return Extractor(network, settings.side)

    def state(self) -> dict[str, Any]:
        """The network too, so that the file is enough."""
        return {"network": self.extractor.network.state_dict(), "bank": self.bank}

    @classmethod
    def restored(cls, settings: Chosen, state: dict[str, Any]) -> Self:
        """What had this state."""
        network = loaded(cls.empty(settings), state["network"])
        return cls(settings, Extractor(network, settings.side), state["bank"])
