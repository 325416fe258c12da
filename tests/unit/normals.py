"""Normal images for the training of a baseline in a test."""

from contextlib import contextmanager

import torch
from samples import byte_images, unit_images

from cobra.artifacts.checkpoints import Scratch
from cobra.data.one_class import Images
from cobra.detectors.baselines.parts.baseline import Training

SIDE = 16


def alike(count: int, seed: int = 0) -> "torch.Tensor":
    """Images that are near each other: a common picture and a little noise."""
    return 0.7 * unit_images(1, SIDE) + 0.2 * unit_images(count, SIDE, seed + 1)


def normal_images(count: int = 12):
    images = byte_images(count, SIDE)
    return Images((alike(count) * 255).round().byte(), images.ids)


@contextmanager
def training(folder, identity, seed: int = 0, count: int = 12):
    with Scratch.hold(folder, identity) as scratch:
        yield Training(normal_images(count), seed, scratch)
