"""Uniform noise: the floor that every attack must beat."""

import torch
from torch import Tensor

from cobra.attacks.restart import Restart

TRAITS = ("l2", "stop")


def run(restart: Restart) -> Tensor:
    """One restart: the signed score [N, steps + 1] of every draw, uniform in the ball, each anew."""
    draws = (restart.random.child("draw", step) for step in range(restart.settings.steps + 1))
    return torch.stack([restart.look(restart.ball.random_start(random)) for random in draws], dim=1)
