"""A training step on random images: neither time nor memory depends on what a network has learned."""

from collections import defaultdict
from collections.abc import Callable

import torch
from torch import Tensor

from cobra.data.one_class import Images
from cobra.randomness import ImageRandom
from cobra.training.trainer import Trainer

RATE = 1e-4  # a learning rate at which weights stay finite on random images


def random_bytes(count: int, side: int, seed: int = 0) -> Images:
    """Random uint8 images [N, 3, side, side], numbered."""
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (count, 3, side, side), dtype=torch.uint8, generator=generator)
    return Images(pixels, torch.arange(count))


def inputs(trainer: Trainer) -> tuple[Tensor, ImageRandom]:
    """All images of a training as one batch, and their random numbers."""
    rows = torch.arange(len(trainer.images), device=trainer.device)
    return rows, ImageRandom.of(trainer.seed, trainer.images.ids, "step")


def training_step(trainer: Trainer) -> Callable[[], None]:
    """Our training step on all images of a training. The threshold filter, unfitted, lets all pass."""
    rows, random = inputs(trainer)
    return lambda: trainer.step(rows, random, RATE, defaultdict(float))
