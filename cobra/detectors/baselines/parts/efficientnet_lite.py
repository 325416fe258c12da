"""EfficientNet-Lite0 (Tan and Le 2019; Lite: github.com/tensorflow/tpu, models/official/efficientnet/lite).

Its weights are named as in the package efficientnet-lite-pytorch, which brought them to PyTorch. Own code,
because timm doubles a job's import time and names them otherwise; equal to timm's and that package's (tests).
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

from cobra.detectors.baselines.parts.staged_network import StagedNetwork

STEM, HEAD = 32, 1280  # channels
NORM_EPS = 1e-3


class Row(NamedTuple):
    """Blocks of equal form; the stride is the first one's."""

    blocks: int
    kernel: int
    stride: int
    expansion: int
    channels: int


ROWS = (
    Row(1, 3, 1, 1, 16),
    Row(2, 3, 2, 6, 24),
    Row(2, 5, 2, 6, 40),
    Row(3, 3, 2, 6, 80),
    Row(3, 5, 1, 6, 112),
    Row(4, 5, 2, 6, 192),
    Row(1, 3, 1, 6, 320),
)
BEGINNINGS = (0, 3, 5, 11)  # of the stages, in blocks: the next block halves the map


class Convolution(nn.Conv2d):
    """Padded as TensorFlow's SAME is: ceil(side / stride) outputs a side; of an odd number of pixels of
    padding the one more lies behind.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        padding = kernel // 2 if stride == 1 else 0
        super().__init__(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.stride[0] > 1:
            rows, columns = (self._missing(side) for side in x.shape[2:])
            x = F.pad(x, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        return super().forward(x)

    def _missing(self, side: int) -> int:
        """Pixels of padding on both sides together."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        outputs = -(-side // stride)
        return max((outputs - 1) * stride + kernel - side, 0)


class Block(nn.Module):
    """An inverted residual: channels are multiplied, each filtered on its own, and brought together."""

    def __init__(self, inputs: int, row: Row, stride: int) -> None:
        super().__init__()
        middle = inputs * row.expansion
        self.expands = row.expansion > 1
        self.shortcut = stride == 1 and inputs == row.channels
        if self.expands:
            self._expand_conv = Convolution(inputs, middle, 1)
            self._bn0 = _norm(middle)
        self._depthwise_conv = Convolution(middle, middle, row.kernel, stride, groups=middle)
        self._bn1 = _norm(middle)
        self._project_conv = Convolution(middle, row.channels, 1)
        self._bn2 = _norm(row.channels)

    def forward(self, x: Tensor) -> Tensor:
        found = _active(self._bn0(self._expand_conv(x))) if self.expands else x
        found = _active(self._bn1(self._depthwise_conv(found)))
        found = self._bn2(self._project_conv(found))
        return found.add_(x) if self.shortcut else found


class EfficientNetLite0(StagedNetwork):
    """Images float [N, 3, H, W], normalised, -> maps of 24, 40, 112 and 1280 channels."""

    mean, std = (127 / 255,) * 3, (128 / 255,) * 3  # efficientnet_lite_builder.py

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = Convolution(3, STEM, 3, 2)
        self._bn0 = _norm(STEM)
        self._blocks = nn.ModuleList()
        inputs = STEM
        for row in ROWS:
            for number in range(row.blocks):
                self._blocks.append(Block(inputs, row, 1 if number else row.stride))
                inputs = row.channels
        self._conv_head = Convolution(inputs, HEAD, 1)
        self._bn1 = _norm(HEAD)

    def stem(self, x: Tensor) -> Tensor:
        return _active(self._bn0(self._conv_stem(x)))

    def stages(self) -> Sequence[nn.Module]:
        layers = [*self._blocks, self._conv_head, self._bn1, nn.ReLU6(inplace=True)]
        ends = (*BEGINNINGS, len(layers))
        return [nn.Sequential(*layers[begin:end]) for begin, end in pairwise(ends)]


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=NORM_EPS)


def _active(x: Tensor) -> Tensor:
    return F.relu6(x, inplace=True)
