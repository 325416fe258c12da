"""Residual networks (He et al. 2016) of any width, for small and large images, named as in torchvision.

Own code because torchvision's have neither a width nor a small stem and double a job's import time; at width
64 with the high stem they equal torchvision's (a test).
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch.utils.checkpoint import checkpoint

EXPANSION = 4  # a bottleneck's outputs over the channels of its stage


class Outline(NamedTuple):
    """Blocks per stage; 3x3 channels of a bottleneck over those of its stage, 0 for two 3x3 convolutions."""

    blocks: tuple[int, int, int, int]
    bottleneck: int = 0


OUTLINES = {
    "resnet10": Outline((1, 1, 1, 1)),
    "resnet18": Outline((2, 2, 2, 2)),
    "resnet34": Outline((3, 4, 6, 3)),
    "resnet50": Outline((3, 4, 6, 3), bottleneck=1),
    "wide_resnet50_2": Outline((3, 4, 6, 3), bottleneck=2),  # Zagoruyko and Komodakis 2016, as torchvision
}
STEMS = {"low": (3, 1), "high": (7, 2)}  # kernel and stride; a high one is followed by pooling of stride 2


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut.

    In place, for neither convolutions nor norms want their outputs again in the backward pass.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = _shortcut(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(x)).add_(shortcut), inplace=True)


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions and a shortcut; the stride in the second (torchvision)."""

    def __init__(self, inputs: int, middle: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, middle, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(middle)
        self.conv2 = nn.Conv2d(middle, middle, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(middle)
        self.conv3 = nn.Conv2d(middle, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = _shortcut(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = F.relu(self.bn2(self.conv2(x)), inplace=True)
        return F.relu(self.bn3(self.conv3(x)).add_(shortcut), inplace=True)


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Module | None:
    if stride == 1 and inputs == outputs:
        return None
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))


class ResNet(nn.Module):
    """Images float [N, 3, H, W] -> features [N, dim]: 8 x width, of bottlenecks 32 x width."""

    def __init__(self, name: str, width: int, stem: str) -> None:
        super().__init__()
        outline, (kernel, stride) = OUTLINES[name], STEMS[stem]
        self.conv1 = nn.Conv2d(3, width, kernel, stride, kernel // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.Identity() if stem == "low" else nn.MaxPool2d(3, 2, 1)
        self.dim = width
        self.recompute = False  # in training: see `_run`
        for stage, blocks in enumerate(outline.blocks):
            channels, layer = width * 2**stage, nn.Sequential()
            outputs = channels * EXPANSION if outline.bottleneck else channels
            for number in range(blocks):
                stride = 2 if stage and not number else 1
                if outline.bottleneck:
                    layer.append(Bottleneck(self.dim, channels * outline.bottleneck, outputs, stride))
                else:
                    layer.append(BasicBlock(self.dim, outputs, stride))
                self.dim = outputs
            self.add_module(f"layer{stage + 1}", layer)

    def forward(self, x: Tensor) -> Tensor:
        x = self._run(self.stem, x, [self.bn1])
        for stage in range(1, 5):
            for block in self.get_submodule(f"layer{stage}").children():
                x = self._run(block, x, block.modules())
        return x.mean(dim=(2, 3))

    def stem(self, x: Tensor) -> Tensor:
        """What comes before the blocks."""
        found: Tensor = self.pool(F.relu(self.bn1(self.conv1(x)), inplace=True))
        return found

    def _run(self, part: Callable[[Tensor], Tensor], x: Tensor, modules: Iterable[nn.Module]) -> Tensor:
        """`part(x)`. To `recompute` it, only x is kept for the backward pass, where it is computed again; the
        running statistics of the norms among its `modules` are those of one pass.
        """
        if not (self.recompute and self.training and torch.is_grad_enabled()):
            return part(x)
        norms = [module for module in modules if isinstance(module, nn.BatchNorm2d)]
        found: Tensor = checkpoint(
            part,
            x,
            use_reentrant=False,
            preserve_rng_state=False,
            context_fn=lambda: (nullcontext(), statistics_left_alone(norms)),
        )
        return found


@contextmanager
def statistics_left_alone(norms: Iterable[nn.BatchNorm2d]) -> Iterator[None]:
    """Within, norms in training use their batch's statistics, as ever, and what they learn is forgotten."""
    own = [(norm, name, buffer) for norm in norms for name, buffer in norm.named_buffers()]
    for norm, name, buffer in own:
        setattr(norm, name, buffer.clone())
    try:
        yield
    finally:
        for norm, name, buffer in own:
            setattr(norm, name, buffer)


@torch.no_grad()
def fold(network: nn.Module) -> None:
    """Fold every batch norm of the residual networks within, in eval mode, into the convolution before it."""
    for part in [part for part in network.modules() if isinstance(part, ResNet | BasicBlock | Bottleneck)]:
        for number in (1, 2, 3):
            conv, norm = f"conv{number}", f"bn{number}"
            if hasattr(part, conv):
                setattr(part, conv, fuse_conv_bn_eval(getattr(part, conv), getattr(part, norm)))
                setattr(part, norm, nn.Identity())
        shortcut: Any = getattr(part, "downsample", None)
        if shortcut is not None:
            part.downsample = fuse_conv_bn_eval(shortcut[0], shortcut[1])
