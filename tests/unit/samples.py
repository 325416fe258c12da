"""Images, networks and scores small enough for a test."""

import torch
from torch import Tensor

from cobra.data.one_class import Images, TestImages
from cobra.models import Network, build_network
from cobra.settings.detector import ModelSettings

TINY_MODEL = ModelSettings(backbone="resnet10", width=2, projection_dim=8)


def unit_images(count: int, side: int = 16, seed: int = 0) -> Tensor:
    """Random float images [N, 3, side, side] in [0, 1], their ends included."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(count, 3, side, side, generator=generator)
    images[..., 0, 0], images[..., -1, -1] = 0, 1
    return images


def byte_images(count: int, side: int = 16, seed: int = 0) -> Images:
    """The same as uint8, with ids that are not their rows."""
    pixels = (unit_images(count, side, seed) * 255).round().byte()
    return Images(pixels, torch.arange(count) * 7 + 3)


def two_groups(normal: int, anomalies: int, side: int = 8) -> TestImages:
    images = byte_images(normal + anomalies, side)
    names = ["a"] * normal + ["b"] * anomalies
    return TestImages(images, torch.arange(normal + anomalies) >= normal, names)


def tiny_network(seed: int = 0) -> Network:
    return build_network(TINY_MODEL, seed)


def wavy(images: Tensor) -> Tensor:
    """A score with many local optima, computed image by image: batches do not change its rounding."""
    weights = torch.linspace(-1, 1, images.shape[1:].numel()).reshape(images.shape[1:])
    return (weights * torch.sin(9 * images)).sum(dim=(1, 2, 3))


def deep_merge(base: dict, *overrides: dict) -> dict:
    """`base` with `overrides` laid over it; all dictionaries merge."""
    merged = dict(base)
    for override in overrides:
        for key, value in override.items():
            both = isinstance(merged.get(key), dict) and isinstance(value, dict)
            merged[key] = deep_merge(merged[key], value) if both else value
    return merged
