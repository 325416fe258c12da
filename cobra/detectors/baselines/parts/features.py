"""Features of a frozen network, a bank of those of the normal images, and the distance to it.

Nothing is trained here, and batch norm is frozen.
"""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, Literal, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cobra.detectors.baseline_detector import Baseline, Training
from cobra.detectors.baselines.parts.efficientnet_lite import EfficientNetLite0
from cobra.detectors.baselines.parts.learning import loaded, seeded
from cobra.detectors.baselines.parts.neighbours import mean_squared_distance
from cobra.detectors.baselines.parts.staged_network import ResidualStages, StagedNetwork
from cobra.settings.section import Section, setting

Residual = Literal["resnet18", "resnet34", "resnet50", "wide_resnet50_2"]
Architecture = Literal[Residual, "efficientnet_lite0"]
BATCH = 32


def build(name: Architecture, width: int = 64) -> StagedNetwork:
    """A network at torch's initialisation; `width`, of a residual one's first stage, is 64 in all pretrained
    ones.
    """
    return EfficientNetLite0() if name == "efficientnet_lite0" else ResidualStages(name, width)


def random_network(name: Residual, width: int, training: Training) -> StagedNetwork:
    """A network with weights drawn at random, a function of the seed."""
    return seeded(lambda: initialised(build(name, width)), training, "network")


def initialised(network: StagedNetwork) -> StagedNetwork:
    """Convolutions drawn as torchvision's are before their training, so that activations keep their size."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return network


class Extractor:
    """A network and the `side` that images are scaled to before it; None: they stay as they are."""

    def __init__(self, network: StagedNetwork, side: int | None) -> None:
        self.network = network.eval().requires_grad_(False)
        self.side = side
        device = next(network.parameters()).device
        normalisation = network.mean, network.std
        self.mean, self.std = (torch.tensor(each, device=device)[:, None, None] for each in normalisation)

    def features(self, images: Tensor) -> Tensor:
        """The mean over the last map [N, D]."""
        return list(self.maps(images, 4))[-1].mean(dim=(2, 3))

    def maps(self, images: Tensor, last: int) -> Iterator[Tensor]:
        """The maps [N, C, h, w] after the stages 1, ..., `last`."""
        if self.side is not None:
            images = scaled(images, self.side)
        x = self.network.stem((images - self.mean) / self.std)
        for stage in self.network.stages()[:last]:
            x = stage(x)
            yield x


def scaled(maps: Tensor, side: int) -> Tensor:
    """Square maps [N, C, h, h] brought to `side` by bilinear interpolation, antialiased where it shrinks.

    By two matrix products: torch's own has a gradient on CUDA that differs from run to run.
    """
    if maps.shape[-1] == side:
        return maps
    eye = torch.eye(maps.shape[-1], dtype=maps.dtype, device=maps.device)[None, None]
    weights = F.interpolate(
        eye, (side, maps.shape[-1]), mode="bilinear", antialias=True, align_corners=False
    )[0, 0]
    return weights @ maps @ weights.T


class BankSettings(Section):
    """Of what fills a bank."""

    network: Architecture
    side: int | None


Chosen = TypeVar("Chosen", bound=BankSettings)


class FeatureBank(Baseline[Chosen]):
    """An extractor of features and those of the normal training images."""

    def __init__(self, settings: Chosen, network: dict[str, Tensor], bank: Tensor) -> None:
        first = next(iter(network.values()))  # of the first convolution, which tells a residual one's width
        empty = build(settings.network, width=len(first))
        self.settings = settings
        self.extractor = Extractor(loaded(empty, network), settings.side)
        self.bank = bank

    @classmethod
    @abstractmethod
    def network(cls, settings: Chosen, training: Training) -> StagedNetwork:
        """The network with its weights."""

    @abstractmethod
    def bank_of(self, training: Training) -> Tensor:
        """The bank [K, D] of the normal training images."""

    @classmethod
    @torch.no_grad()
    def fit(cls, settings: Chosen, training: Training) -> dict[str, Any]:
        network = cls.network(settings, training).to(training.images.pixels.device).state_dict()
        bank = cls(settings, network, torch.empty(0)).bank_of(training)
        return {"network": network, "bank": bank}  # the network too, so that the file is enough


class FeatureSettings(BankSettings):
    """Of nearest neighbours in features."""

    network: Architecture = setting("resnet18", "Architecture; a residual one is named as in torchvision.")
    side: int | None = setting(
        224, "Images are scaled to this side (ImageNet's); empty: they stay as they are.", ge=32
    )
    neighbours: int = setting(2, "Nearest training images that are averaged over (DN2).", paper=2, ge=1)


ChosenFeatures = TypeVar("ChosenFeatures", bound=FeatureSettings)


class FeatureNeighbours(FeatureBank[ChosenFeatures]):
    """The mean squared distance to the nearest training images in the last features, means of maps."""

    def bank_of(self, training: Training) -> Tensor:
        training.require_images(self.settings.neighbours, "neighbours")
        return torch.cat([self.extractor.features(batch) for batch in training.batches("features", BATCH)])

    def score(self, images: Tensor) -> Tensor:
        return mean_squared_distance(self.extractor.features(images), self.bank, self.settings.neighbours)
