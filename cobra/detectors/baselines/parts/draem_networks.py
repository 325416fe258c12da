"""DRAEM's two networks, an autoencoder without shortcuts and a U-Net with them (released code), and their
losses over pixels: structural similarity and the focal loss.
"""

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


WINDOW, SIGMA = 11, 1.5  # pixels (Wang et al. 2004)
C1, C2 = 0.01**2, 0.03**2  # for values in [0, 1] (Wang et al. 2004)
GAMMA = 2  # Lin et al. 2017


def structural_similarity(one: Tensor, other: Tensor) -> Tensor:
    """The mean SSIM of images [N, C, H, W] in [0, 1], in [-1, 1] (Wang et al. 2004), by Gaussian windows;
    beyond the edges are zeros (DRAEM's released code).
    """
    moments = torch.cat([one, other, one * one, other * other, one * other])
    mean_one, mean_other, *products = _blurred(moments).chunk(5)
    variance = products[0] - mean_one**2 + products[1] - mean_other**2
    covariance = products[2] - mean_one * mean_other
    luminance = (2 * mean_one * mean_other + C1) / (mean_one**2 + mean_other**2 + C1)
    return (luminance * (2 * covariance + C2) / (variance + C2)).mean()


def focal_loss(logits: Tensor, mask: Tensor) -> Tensor:
    """The mean over pixels of -(1 - p)^2 log p, p being the probability of the right one of two classes:
    logits [N, 2, H, W], the second class where bool [N, 1, H, W] (Lin et al. 2017, without its weights).
    """
    logs = F.log_softmax(logits, dim=1)
    right = torch.where(mask, logs[:, 1:], logs[:, :1])
    return -((1 - right.exp()) ** GAMMA * right).mean()


def _blurred(images: Tensor) -> Tensor:
    """Images under a Gaussian window, rows and columns one after the other."""
    places = torch.arange(WINDOW, device=images.device, dtype=images.dtype) - WINDOW // 2
    weights = torch.exp(-(places**2) / (2 * SIGMA**2))
    weights = weights / weights.sum()
    flat = images.flatten(0, 1)[:, None]
    rows = F.conv2d(flat, weights.view(1, 1, 1, -1), padding=(0, WINDOW // 2))
    return F.conv2d(rows, weights.view(1, 1, -1, 1), padding=(WINDOW // 2, 0)).view_as(images)
