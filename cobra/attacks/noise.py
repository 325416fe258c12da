"""Uniform noise in the ball, drawn anew at each step: the floor that every attack must beat."""

import torch
from torch import Tensor

from cobra.attacks.attempt import Attempt


def noise(attempt: Attempt) -> Tensor:
    """One restart: the signed score [N, steps + 1] of every draw."""
    draws = (attempt.random.child("draw", step) for step in range(attempt.settings.steps + 1))
    images = (attempt.ball.random_start(attempt.images, attempt.eps, random) for random in draws)
    return torch.stack([attempt.look(batch) for batch in images], dim=1)
