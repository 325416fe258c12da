"""Hard transformations: each makes of a normal image one that no longer looks normal.

Every function maps float images [N, 3, H, W] in [0, 1] and one random stream per image to the same
shape and range. Sizes are shares of the image side, so that one setting serves all resolutions.
"""

import math
from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from cobra.machine.arithmetic import square_root
from cobra.randomness import ImageRandom
from cobra.training.crafting import transformations
from cobra.training.crafting.released_transformations import (
    cut_permute_released,
    cutout_released,
    scar_released,
)
from cobra.training.crafting.settings import HardSettings
from cobra.training.crafting.warp import column, in_rectangle, pixel_grid, rotate, sample

Transformation = Callable[[Tensor, ImageRandom, HardSettings], Tensor]


def rotation(images: Tensor, random: ImageRandom, _: HardSettings) -> Tensor:
    """A turn by 90, 180 or 270 degrees (square images)."""
    turned = torch.stack([torch.rot90(images, k, (2, 3)) for k in (1, 2, 3)])
    return turned[random.integers(3), torch.arange(len(images), device=images.device)]


def cut_permute(images: Tensor, random: ImageRandom, _: HardSettings) -> Tensor:
    """The four quadrants in another order (CSI's "perm"); never the original one."""
    height, width = images.shape[2] // 2, images.shape[3] // 2
    orders = _new_orders(images.device)
    order = orders[random.integers(len(orders))]
    tiles = torch.stack([images[:, :, y : y + height, x : x + width]
                         for y in (0, height) for x in (0, width)], dim=1)  # fmt: skip
    tiles = tiles.gather(1, order[:, :, None, None, None].expand_as(tiles))
    top, bottom = (torch.cat([tiles[:, i], tiles[:, i + 1]], dim=3) for i in (0, 2))
    permuted = images.clone()  # an odd last row or column stays where it is
    permuted[:, :, : 2 * height, : 2 * width] = torch.cat([top, bottom], dim=2)
    return permuted


@cache
def _new_orders(device: torch.device) -> Tensor:
    """The orders of four but the first, int64 [23, 4]; kept on the device, as in `mild`."""
    orders = torch.cartesian_prod(*[torch.arange(4)] * 4)
    is_new_order = (orders.sort(dim=1).values == torch.arange(4)).all(1) & (orders != torch.arange(4)).any(1)
    return orders[is_new_order].to(device)


def cutout(images: Tensor, random: ImageRandom, _: HardSettings) -> Tensor:
    """A rectangle of a quarter to half the side, filled with one random grey (DeVries & Taylor 2017)."""
    size = random.child("size").uniform(2, low=0.25, high=0.5)
    centre = (1 - size) * random.child("centre").uniform(2, low=-1)
    inside = in_rectangle(pixel_grid(images) - centre[:, None, None], size)
    return torch.where(inside, column(random.child("grey").uniform()), images)


def cutpaste(images: Tensor, random: ImageRandom, _: HardSettings) -> Tensor:
    """A patch of 2-15 % of the area copied elsewhere (Li et al. 2021, CutPaste)."""
    area = random.child("area").uniform(low=0.02, high=0.15)
    aspect = random.child("aspect").uniform(low=math.log(0.3), high=math.log(3.3)).exp()
    size = torch.stack([square_root(area * aspect), square_root(area / aspect)], dim=1)
    return _paste(images, random, size, torch.zeros_like(area))


def scar(images: Tensor, random: ImageRandom, _: HardSettings) -> Tensor:
    """A thin strip copied elsewhere, turned by up to 45 degrees (CutPaste-Scar); at least 1.5 pixels wide."""
    thin = max(0.08, 1.5 / images.shape[3])
    width = random.child("width").uniform(low=min(0.02, thin), high=thin)
    length = random.child("length").uniform(low=0.15, high=0.45)
    angle = random.child("angle").uniform(low=-math.pi / 4, high=math.pi / 4)
    width = width.clamp(min=1.5 / images.shape[3])
    return _paste(images, random, torch.stack([width, length], dim=1), angle)


def elastic(images: Tensor, random: ImageRandom, settings: HardSettings) -> Tensor:
    """A smooth random displacement: 4x4 independent shifts, interpolated (after Simard et al. 2003)."""
    reach = 2 * settings.elastic_strength  # coordinates span two units
    knots = random.uniform(2, 4, 4, low=-reach, high=reach)
    shift = F.interpolate(knots, images.shape[2:], mode="bicubic", align_corners=True).clamp(-reach, reach)
    return sample(images, pixel_grid(images) + shift.permute(0, 2, 3, 1))


HARD: dict[str, Transformation] = {
    "rotation": rotation,
    "cut_permute": cut_permute,
    "elastic": elastic,
    "cutpaste": cutpaste,
    "scar": scar,
    "cutout": cutout,
    "cut_permute_released": cut_permute_released,
    "scar_released": scar_released,
    "cutout_released": cutout_released,
}


def transform(kind: str) -> Transformation:
    """The transformation of that name, of this file or of a module of its own."""
    if kind in HARD:
        return HARD[kind]
    found: Transformation = transformations.TRANSFORMATIONS.load(kind).transform
    return found


def compose(images: Tensor, random: ImageRandom, settings: HardSettings) -> Tensor:
    """A composition of kinds drawn for each image."""
    chosen = choose(random.child("kinds"), settings)
    return apply_chosen(images, chosen, random.child("parameters"), settings)


def apply_chosen(images: Tensor, chosen: Tensor, random: ImageRandom, settings: HardSettings) -> Tensor:
    """To each image the kinds that bool [N, kinds] chooses for it, in their order."""
    for number, kind in enumerate(kinds_of(settings)):
        changed = transform(kind)(images, random.child(kind), settings)
        images = torch.where(column(chosen[:, number]), changed, images)
    return images


def choose(random: ImageRandom, settings: HardSettings) -> Tensor:
    """A random subset of the kinds per image, bool [N, kinds], drawn without replacement by frequency."""
    kinds = kinds_of(settings)
    weights = _frequencies(tuple(settings.kinds[kind] for kind in kinds), random.keys.device)
    # the kinds whose exponential clocks (rate: frequency) ring first
    clocks = -torch.log1p(-random.child("clocks").uniform(len(kinds))) / weights
    spread = settings.max_kinds - settings.min_kinds + 1
    count = settings.min_kinds + random.child("count").integers(spread)
    return clocks.argsort(dim=1).argsort(dim=1) < count[:, None]


@cache
def _frequencies(values: tuple[float, ...], device: torch.device) -> Tensor:
    """How often each kind, kept on the device."""
    return torch.tensor(values, device=device)


def kinds_of(settings: HardSettings) -> list[str]:
    """The kinds switched on, in the order of application."""
    return [kind for kind in transformations.names() if kind in settings.kinds]


def _paste(images: Tensor, random: ImageRandom, size: Tensor, angle: Tensor) -> Tensor:
    """A rectangle of `size` [N, 2] (shares of the sides) copied to another place, turned by `angle` [N]."""
    limit = (1 - size).clamp(min=0)
    source, target = (limit * random.child(end).uniform(2, low=-1) for end in ("source", "target"))
    offset = rotate(pixel_grid(images) - target[:, None, None], angle)
    brightness = column(random.child("brightness").uniform(low=0.9, high=1.1))
    patch = (sample(images, offset + source[:, None, None]) * brightness).clamp(0, 1)
    return torch.where(in_rectangle(offset, size), patch, images)
