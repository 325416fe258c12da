"""Images as a frozen residual network sees them: scaled, normalised, mapped. Weights bear torchvision's
names; nothing is trained here, and batch norm is frozen.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cobra.data.one_class import as_unit
from cobra.detectors.baselines.parts.baseline import Training
from cobra.training.networks.resnet import ResNet

Architecture = Literal["resnet18", "resnet34", "resnet50", "wide_resnet50_2"]


def build(name: Architecture, width: int = 64) -> ResNet:
    """A network at torch's initialisation; `width`, of the first stage, is 64 in all pretrained ones."""
    return ResNet(name, width, "high")


def stages(network: Any, images: Tensor, last: int = 4) -> Iterator[Tensor]:
    """The maps [N, C, h, w] after the stages 1, ..., `last`."""
    x = network.pool(F.relu(network.bn1(network.conv1(images))))
    for stage in range(1, last + 1):
        x = network.get_submodule(f"layer{stage}")(x)
        yield x


MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, which torchvision's weights expect
BATCH = 32


class Extractor:
    """A network and the `side` that images are scaled to before it; None: they stay as they are."""

    def __init__(self, network: nn.Module, side: int | None) -> None:
        self.network = network.eval().requires_grad_(False)
        self.side = side

    def features(self, images: Tensor) -> Tensor:
        """The mean over the last map [N, D]."""
        return list(self.maps(images, 4))[-1].mean(dim=(2, 3))

    def maps(self, images: Tensor, last: int) -> Iterator[Tensor]:
        """The maps of the stages 1, ..., `last`."""
        if self.side is not None:
            images = scaled(images, self.side)
        return stages(self.network, (images - self._mean) / self._std, last)

    @cached_property
    def _mean(self) -> Tensor:
        return self._per_channel(MEAN)

    @cached_property
    def _std(self) -> Tensor:
        return self._per_channel(STD)

    def _per_channel(self, values: tuple[float, ...]) -> Tensor:
        weight: Any = self.network.conv1
        return torch.tensor(values, device=weight.weight.device)[:, None, None]

    @torch.no_grad()
    def of_normal(self, training: Training) -> Tensor:
        """The features [K, D] of the normal training images."""
        found = []
        with training.scratch.progress("features, images", len(training.images), 0) as bar:
            for batch in training.images.pixels.split(BATCH):
                found.append(self.features(as_unit(batch)))
                bar.update(len(batch))
        return torch.cat(found)


def scaled(maps: Tensor, side: int) -> Tensor:
    """Square maps [N, C, h, h] brought to `side` by bilinear interpolation, antialiased where it shrinks.

    By two matrix products: torch's own has a gradient on CUDA that differs from run to run.
    """
    if maps.shape[-1] == side:
        return maps
    eye = torch.eye(maps.shape[-1], device=maps.device)[None, None]
    weights = F.interpolate(
        eye, (side, maps.shape[-1]), mode="bilinear", antialias=True, align_corners=False
    )[0, 0]
    return weights @ maps @ weights.T
