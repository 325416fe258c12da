"""Uniform noise: the floor that every attack must beat."""

import torch
from torch import Tensor

from cobra.attacks.restart import Attempt

TRAITS = ("l2", "stop")


def restart(attempt: Attempt) -> Tensor:
    """One restart: the signed score [N, steps + 1] of every draw, uniform in the ball, each anew."""
    draws = (attempt.random.child("draw", step) for step in range(attempt.settings.steps + 1))
    return torch.stack([attempt.look(attempt.ball.random_start(random)) for random in draws], dim=1)
