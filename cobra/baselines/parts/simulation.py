"""Simulated anomalies: textures blended into normal images under a mask (Zavrtanik et al. 2021, 3.3)."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from cobra.baselines.parts.perlin import perlin_masks
from cobra.baselines.parts.strong import strong
from cobra.baselines.parts.textures import Source
from cobra.crafting.warp import column, pixel_grid, rotate, sample
from cobra.randomness import ImageRandom
from cobra.settings.base import Section, setting
from cobra.settings.crafting import Probability

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
