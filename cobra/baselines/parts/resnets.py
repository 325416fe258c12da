"""Residual networks whose weights bear torchvision's names, as what they are pretrained to: feature maps.

Nothing is trained here; batch norm is frozen.
"""

from collections.abc import Iterator
from typing import Any, Literal

import torch.nn.functional as F
from torch import Tensor

from cobra.backbones.resnets import ResNet

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
