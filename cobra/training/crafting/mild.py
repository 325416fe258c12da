"""Mild augmentations: SimCLR's (Chen et al. 2020), each image with its own parameters.

Ours: hue is turned in the YIQ plane (linear, no branches) instead of HSV, and the colour operations
come in a fixed order.
"""

import math
from functools import cache

import torch
from torch import Tensor

from cobra.machine.arithmetic import square_root
from cobra.randomness import ImageRandom
from cobra.training.crafting.settings import MildSettings
from cobra.training.crafting.warp import column, pixel_grid, sample

LUMA = (0.299, 0.587, 0.114)
_RGB_TO_YIQ = (LUMA, (0.596, -0.274, -0.322), (0.211, -0.523, 0.312))


def mild(images: Tensor, random: ImageRandom, settings: MildSettings) -> Tensor:
    """Another view of each image: float [N, 3, H, W] in [0, 1] -> the same."""
    views = crop_and_flip(images, random.child("crop"), settings)
    jittered = jitter(views, random.child("jitter"), settings)
    views = torch.where(column(random.child("jitter?").chance(settings.jitter)), jittered, views)
    return torch.where(column(random.child("grey?").chance(settings.grey)), grey(views), views)


def crop_and_flip(images: Tensor, random: ImageRandom, settings: MildSettings) -> Tensor:
    """Random resized crop (aspect 3/4 to 4/3) and, by chance, a horizontal mirror."""
    area = random.child("area").uniform(low=settings.crop_min_area, high=settings.crop_max_area)
    aspect = random.child("aspect").uniform(low=math.log(3 / 4), high=math.log(4 / 3)).exp()
    aspect = torch.minimum(torch.maximum(aspect, area), 1 / area)  # neither side beyond the image's
    size = torch.stack([square_root(area * aspect), square_root(area / aspect)], dim=1).clamp(max=1)
    centre = (1 - size) * random.child("centre").uniform(2, low=-1)
    flipped = random.child("flip").chance(settings.flip or 0.0)
    size[:, 0] = torch.where(flipped, -size[:, 0], size[:, 0])
    return sample(images, pixel_grid(images) * size[:, None, None] + centre[:, None, None])


def jitter(images: Tensor, random: ImageRandom, settings: MildSettings) -> Tensor:
    """Brightness, contrast, saturation, hue, in this order, clamped to [0, 1] after each."""

    def factor(name: str, spread: float) -> Tensor:
        return column(random.child(name).uniform(low=1 - spread, high=1 + spread))

    images = (images * factor("brightness", settings.brightness)).clamp(0, 1)
    mean = grey(images).mean(dim=(1, 2, 3), keepdim=True)
    images = _blend(images, mean, factor("contrast", settings.contrast))
    images = _blend(images, grey(images), factor("saturation", settings.saturation))
    turns = random.child("hue").uniform(low=-settings.hue, high=settings.hue)
    return turn_hue(images, turns)


def turn_hue(images: Tensor, turns: Tensor) -> Tensor:
    """Hue turned by [N] full turns in the YIQ plane."""
    to_yiq, back = _yiq(images.device, images.dtype)
    angle = turns * (2 * math.pi)
    rotation = torch.zeros(len(images), 3, 3, device=images.device)
    rotation[:, 0, 0] = 1
    rotation[:, 1, 1] = rotation[:, 2, 2] = angle.cos()
    rotation[:, 2, 1] = angle.sin()
    rotation[:, 1, 2] = -angle.sin()
    matrix = back @ rotation @ to_yiq
    return torch.einsum("nij,njhw->nihw", matrix, images).clamp(0, 1)


def grey(images: Tensor) -> Tensor:
    """The luma in all three channels."""
    luma = _yiq(images.device, images.dtype)[0][0]
    return (images * luma[:, None, None]).sum(dim=1, keepdim=True).expand_as(images)


@cache
def _yiq(device: torch.device, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """From RGB to YIQ and back, as matrices; kept on the device, for each copy to a GPU makes it wait."""
    matrix = torch.tensor(_RGB_TO_YIQ, dtype=dtype)
    return matrix.to(device), torch.linalg.inv(matrix).to(device)


def _blend(images: Tensor, other: Tensor, weight: Tensor) -> Tensor:
    return (other + weight * (images - other)).clamp(0, 1)
