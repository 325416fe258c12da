"""Hard transformations with the strengths of the released code (commit 588e698), as kinds `<kind>_released`.

Files named here are the released code's. Sizes in pixels of 224x224 are taken as shares of the side, and an
image's random numbers are its own; apart from that, what happens to an image is the same.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from cobra.randomness import ImageRandom
from cobra.training.crafting.mild import grey, jitter
from cobra.training.crafting.settings import HardSettings, MildSettings
from cobra.training.crafting.warp import column, in_rectangle, pixel_grid, rotate, sample

SCAR_WIDTH, SCAR_LENGTH = (7 / 224, 40 / 224), (10 / 224, 40 / 224)
BRIGHTNESS = (0.15, 0.8)  # between which a scar's place should lie, on average
PLACES = 21  # that are tried for it
BLACK = 0.15  # chance that a scar is black
COLOURS = MildSettings(brightness=0.8, contrast=0.8, saturation=0.8, hue=0.2)
KERNEL, SPREAD = (9, 5), (0.1, 5.0)  # height and width of the blur, and its standard deviation, in pixels


def cutout_released(images: Tensor, random: ImageRandom, _: HardSettings) -> Tensor:
    """A black rectangle, its sides a sixth to a quarter of the image's
    (datasets/pseudo_anomaly_generation.py:111-124).
    """
    size = random.child("size").uniform(2, low=1 / 6, high=1 / 4)
    centre = (1 - size) * random.child("centre").uniform(2, low=-1)
    return torch.where(in_rectangle(pixel_grid(images) - centre[:, None, None], size), 0.0, images)


def cut_permute_released(images: Tensor, random: ImageRandom, _: HardSettings) -> Tensor:
    """The upper and lower, the left and right halves exchanged, or both: three arrangements
    (models/transform_layers.py:257-271, datasets/pseudo_anomaly_generation.py:104-109).
    """
    height, width = (-(side // 2) for side in images.shape[2:])
    shifts = ((height, 0), (0, width), (height, width))
    moved = torch.stack([images.roll(shift, (2, 3)) for shift in shifts])
    return moved[random.integers(3), torch.arange(len(images), device=images.device)]


def scar_released(images: Tensor, random: ImageRandom, _: HardSettings) -> Tensor:
    """A strip copied elsewhere, turned about the image's centre by any angle, its colours changed, blurred;
    in 15 % black (models/transform_layers.py:441-513).

    As there, the strip is mirrored by a chance of one half but its place is not, so that the mask then cuts
    out what lies beside it, mostly black; and a strip at a corner may be turned out of the image.
    """
    sides = (("width", SCAR_WIDTH), ("length", SCAR_LENGTH))
    drawn = [random.child(name).uniform(low=low, high=high) for name, (low, high) in sides]
    size = torch.stack(drawn, dim=1).clamp(min=1.5 / images.shape[3])  # or it lies between the pixels (ours)
    source = (1 - size) * random.child("source").uniform(2, low=-1)
    target = _place(images, (1 - size)[:, None] * random.child("target").uniform(PLACES, 2, low=-1), size)
    angle = random.child("angle").uniform(high=2 * math.pi)
    grid = rotate(pixel_grid(images).expand(len(images), -1, -1, -1), angle)
    mask = in_rectangle(grid - target[:, None, None], size)
    moved = sample(images, grid + (source - target)[:, None, None])
    strip = moved * mask * column(random.child("black").uniform() >= BLACK)
    strip = _blur(_colours(strip, random.child("colours")), random.child("blur"))
    mirrored = column(random.child("mirrored").chance(0.5))
    return torch.where(mask, torch.where(mirrored, strip.flip(3), strip), images)


def _place(images: Tensor, centres: Tensor, size: Tensor) -> Tensor:
    """Of possible centres [N, P, 2] the first where the image is neither dark nor bright, else the last."""
    chosen = centres[:, -1].clone()
    for number in reversed(range(centres.shape[1] - 1)):
        inside = in_rectangle(pixel_grid(images) - centres[:, number, None, None], size)
        brightness = (images.mean(dim=1, keepdim=True) * inside).sum((1, 2, 3)) / inside.sum((1, 2, 3)).clamp(
            min=1
        )
        fits = (brightness > BRIGHTNESS[0]) & (brightness < BRIGHTNESS[1])
        chosen = torch.where(fits[:, None], centres[:, number], chosen)
    return chosen


def _colours(strip: Tensor, random: ImageRandom) -> Tensor:
    """Strong jitter of colours and, by a chance of 0.1, grey."""
    changed = jitter(strip, random.child("jitter"), COLOURS)
    return torch.where(column(random.child("grey").chance(0.1)), grey(changed), changed)


def _blur(images: Tensor, random: ImageRandom) -> Tensor:
    """Gaussian blur, each image by its own standard deviation; edges reflected."""
    spread = random.uniform(low=SPREAD[0], high=SPREAD[1])
    rows = images.reshape(1, -1, *images.shape[2:])
    for size, axis in zip(KERNEL, (2, 3), strict=True):
        reach = min(size // 2, images.shape[axis] - 1)
        offsets = torch.arange(-reach, reach + 1, device=images.device)
        weights = torch.exp(-0.5 * (offsets / spread[:, None]).square())
        weights = (weights / weights.sum(dim=1, keepdim=True)).repeat_interleave(images.shape[1], dim=0)
        padding = (0, 0, reach, reach) if axis == 2 else (reach, reach, 0, 0)
        kernel = weights[:, None, :, None] if axis == 2 else weights[:, None, None, :]
        rows = F.conv2d(F.pad(rows, padding, mode="reflect"), kernel, groups=rows.shape[1])
    return rows.reshape(images.shape)
