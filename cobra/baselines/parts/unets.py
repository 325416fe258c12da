"""DRAEM's two networks: an autoencoder without shortcuts, and a U-Net with them (released code)."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SPREAD = 0.02  # of initial weights (released code)


class Encoder(nn.Module):
    """Images [N, C, H, W] -> maps [N, channels, H / 2^level, W / 2^level] of each level."""

    def __init__(self, inputs: int, channels: list[int]) -> None:
        super().__init__()
        pairs = zip([inputs, *channels], channels, strict=False)
        self.blocks = nn.ModuleList(_block(before, after, after) for before, after in pairs)

    def forward(self, x: Tensor) -> list[Tensor]:
        """The maps."""
        maps = [self.blocks[0](x)]
        for block in self.blocks[1:]:
            maps.append(block(F.max_pool2d(maps[-1], 2)))
        return maps


class Reconstruction(nn.Module):
    """Images [N, 3, H, W] -> images; nothing passes but through the last, smallest map."""

    def __init__(self, channels: list[int]) -> None:
        super().__init__()
        self.encoder = Encoder(3, channels)
        outputs = _narrowing(channels)
        inputs = [channels[-1], *outputs[:-1]]
        self.ups = nn.ModuleList(_block(count, count) for count in inputs)
        pairs = zip(inputs, outputs, strict=True)
        self.blocks = nn.ModuleList(_block(before, before, after) for before, after in pairs)
        self.last = nn.Conv2d(outputs[-1], 3, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        """The reconstruction, in no fixed range."""
        x = self.encoder(images)[-1]
        for up, block in zip(self.ups, self.blocks, strict=True):
            x = block(up(doubled(x)))
        return self.last(x)


class Segmentation(nn.Module):
    """Reconstructions and images, [N, 6, H, W] -> logits [N, 2, H, W] of normal and anomalous pixels."""

    def __init__(self, channels: list[int]) -> None:
        super().__init__()
        self.encoder = Encoder(6, channels)
        outputs = _narrowing(channels)
        pairs = zip([channels[-1], *outputs[:-1]], outputs, strict=True)
        self.ups = nn.ModuleList(_block(before, after) for before, after in pairs)
        pairs = zip(outputs, channels[-2::-1], strict=True)
        self.blocks = nn.ModuleList(_block(own + passed, own, own) for own, passed in pairs)
        self.last = nn.Conv2d(outputs[-1], 2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """The logits."""
        *passed, x = self.encoder(x)
        for up, block, other in zip(self.ups, self.blocks, reversed(passed), strict=True):
            x = block(torch.cat([up(doubled(x)), other], dim=1))
        return self.last(x)


def initialise(module: nn.Module) -> None:
    """Weights of convolutions and norms drawn narrowly around 0 and 1 (released code); for `apply`."""
    if isinstance(module, nn.Conv2d):
        nn.init.normal_(module.weight, 0, SPREAD)
    if isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1, SPREAD)


def doubled(maps: Tensor) -> Tensor:
    """Square maps [N, C, h, h] at twice the side, bilinearly, corners kept.

    By two matrix products: torch's own has a gradient on CUDA that differs from run to run.
    """
    side = maps.shape[-1]
    eye = torch.eye(side, device=maps.device, dtype=maps.dtype)[None, None]
    weights = F.interpolate(eye, (2 * side, side), mode="bilinear", align_corners=True)[0, 0]
    return weights @ maps @ weights.T


def _narrowing(channels: list[int]) -> list[int]:
    """The channels of the decoder's stages: as many as two levels up in the encoder, at last its first."""
    upwards = channels[-2::-1]
    return [*upwards[1:], upwards[-1]]


def _block(*channels: int) -> nn.Sequential:
    """3x3 convolutions, each with batch norm and ReLU. No bias, for the norm would subtract it."""
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        conv = nn.Conv2d(before, after, 3, padding=1, bias=False)
        layers += [conv, nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)
