"""DRAEM's simulated anomalies: textures blended into normal images under masks of Perlin noise
(Zavrtanik et al. 2021, 3.3; Perlin 1985, 2002).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from cobra.detectors.baselines.parts.draem_augmentations import strong
from cobra.detectors.baselines.parts.draem_textures import Source
from cobra.randomness import ImageRandom
from cobra.settings.section import Section, setting
from cobra.training.crafting.settings import Probability
from cobra.training.crafting.warp import column, pixel_grid, rotate, sample

THRESHOLD = 0.5  # of the noise, above which a pixel is masked (DRAEM's released code)
TURN = math.pi / 2  # the noise is turned by up to this, either way (DRAEM's released code)


def perlin_masks(images: Tensor, random: ImageRandom, scales: int) -> Tensor:
    """A random mask for each image [N, C, H, W]: bool [N, 1, H, W]. The noise has 1, 2, ..., 2^(scales - 1)
    cells along either side, drawn for each side; what its turn brings in from outside is not masked.
    """
    sides = [random.child("cells", axis).integers(scales) for axis in ("x", "y")]
    cells = 2 ** torch.stack(sides, dim=1)
    angle = random.child("turn").uniform(low=-TURN, high=TURN)
    points = rotate(pixel_grid(images).expand(len(images), -1, -1, -1), angle)
    inside = (points.abs() <= 1).all(dim=-1)
    noise = perlin_noise(points.clamp(-1, 1), cells, random.child("noise"), 2 ** (scales - 1))
    return ((noise > THRESHOLD) & inside)[:, None]


def perlin_noise(points: Tensor, cells: Tensor, random: ImageRandom, most: int) -> Tensor:
    """The noise [N, H, W], in [-1, 1], at points [N, H, W, 2], (x, y) in [-1, 1], of lattices of int64 [N, 2]
    cells along x and y, of which there are at `most` so many: as many angles are drawn for each image,
    whatever its own cells are.
    """
    angles = random.uniform(most + 1, most + 1, high=2 * math.pi).flatten(1)
    place = (points + 1) / 2 * cells[:, None, None]
    corner = torch.minimum(place.floor(), cells[:, None, None] - 1)  # the last cell has its far edge, too
    x, y = (place - corner).unbind(-1)
    column, row = corner.long().unbind(-1)

    def ramp(right: int, down: int) -> Tensor:
        """The plane of a corner: the offset from it along its direction."""
        index = (row + down) * (most + 1) + column + right
        angle = angles.gather(1, index.flatten(1)).view_as(x)
        return (x - right) * angle.cos() + (y - down) * angle.sin()

    top = torch.lerp(ramp(0, 0), ramp(1, 0), _fade(x))
    bottom = torch.lerp(ramp(0, 1), ramp(1, 1), _fade(x))
    return math.sqrt(2) * torch.lerp(top, bottom, _fade(y))


def _fade(t: Tensor) -> Tensor:
    """From 0 to 1, flat at both ends up to the second derivative (Perlin 2002)."""
    return t**3 * (t * (6 * t - 15) + 10)


OPACITY = (0.1, 1.0)  # of the texture (Zavrtanik et al.; released code: 0.2 to 1)


class SimulationSettings(Section):
    """How normal images and anomalies are made of the training images."""

    anomalous: Probability = setting(0.5, "Chance of an anomaly (released code).", paper=0.5)
    scales: int = setting(
        6,
        "The noise of a mask has 1, 2, ..., 2^(scales - 1) cells along a side (released code: up to 32 on "
        "256 pixels); small images want fewer.",
        paper=6,
        ge=1,
        le=10,
    )
    turned: Probability = setting(0.3, "Chance that a normal image is turned (released code).", paper=0.3)
    turn: float = setting(
        45, "By up to so many degrees, either way (Zavrtanik et al.).", paper=45, released=90, ge=0, le=180
    )


@dataclass(frozen=True)
class Simulated:
    """Normal images and what anomalies made of them, [N, 3, H, W] in [0, 1]; where those are, bool
    [N, 1, H, W]: nowhere in images left normal.
    """

    normal: Tensor
    anomalous: Tensor
    mask: Tensor


def simulate(images: Tensor, random: ImageRandom, source: Source, settings: SimulationSettings) -> Simulated:
    """Normal images and anomalies made of training images [N, 3, H, W] in [0, 1]."""
    normal = _turned(images, random.child("normal"), settings)
    texture = strong(source.draw(random.child("source")), random.child("strong"))
    mask = perlin_masks(images, random.child("mask"), settings.scales)
    mask = mask & column(random.child("anomalous?").chance(settings.anomalous))
    opacity = column(random.child("opacity").uniform(low=OPACITY[0], high=OPACITY[1]))
    return Simulated(normal, torch.where(mask, torch.lerp(normal, texture, opacity), normal), mask)


def _turned(images: Tensor, random: ImageRandom, settings: SimulationSettings) -> Tensor:
    """Some of the images turned, their edges extended (ours; released code: black)."""
    most = math.radians(settings.turn)
    angle = random.child("angle").uniform(low=-most, high=most)
    grid = rotate(pixel_grid(images).expand(len(images), -1, -1, -1), angle)
    return torch.where(column(random.child("turned?").chance(settings.turned)), sample(images, grid), images)
