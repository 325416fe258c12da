"""Residual networks whose weights bear torchvision's names, as what they are pretrained to: feature maps.

Of the two-convolution blocks ours is the network (`cobra.models.ResNet`), of the bottlenecks one of the same
outline. Nothing is trained here; batch norm is frozen.
"""

from collections.abc import Iterator
from typing import Any, Literal

import torch.nn.functional as F
from torch import Tensor, nn

from cobra.models import ResNet

Architecture = Literal["resnet18", "resnet34", "resnet50", "wide_resnet50_2"]
BOTTLENECKS = {"resnet50": 64, "wide_resnet50_2": 128}  # channels of a bottleneck in the first stage
BLOCKS = (3, 4, 6, 3)
EXPANSION = 4


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions and a shortcut (He et al. 2016; the stride in the second)."""

    def __init__(self, inputs: int, middle: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, middle, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(middle)
        self.conv2 = nn.Conv2d(middle, middle, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(middle)
        self.conv3 = nn.Conv2d(middle, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample: nn.Module | None = None
        if stride != 1 or inputs != outputs:
            shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """The block's output."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        return F.relu(self.bn3(self.conv3(x)) + shortcut)


class BottleneckResNet(nn.Module):
    """Images float [N, 3, H, W] -> features [N, 2048], by stages."""

    def __init__(self, middle: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.pool = nn.MaxPool2d(3, 2, 1)
        inputs = 64
        for stage, blocks in enumerate(BLOCKS):
            outputs = 64 * EXPANSION * 2**stage
            widths = [inputs, *[outputs] * (blocks - 1)]
            strides = [1 if stage == 0 else 2, *[1] * (blocks - 1)]
            layer = [
                Bottleneck(width, middle * 2**stage, outputs, stride)
                for width, stride in zip(widths, strides, strict=True)
            ]
            self.add_module(f"layer{stage + 1}", nn.Sequential(*layer))
            inputs = outputs


def build(name: Architecture, width: int = 64) -> nn.Module:
    """A network at torch's initialisation; `width`, of the first stage, is 64 in all pretrained ones and
    counts for two-convolution blocks alone.
    """
    if name in BOTTLENECKS:
        return BottleneckResNet(BOTTLENECKS[name])
    return ResNet(name, width, "high")


def stages(network: Any, images: Tensor, last: int = 4) -> Iterator[Tensor]:
    """The maps [N, C, h, w] after the stages 1, ..., `last`."""
    x = network.pool(F.relu(network.bn1(network.conv1(images))))
    for stage in range(1, last + 1):
        x = network.get_submodule(f"layer{stage}")(x)
        yield x
