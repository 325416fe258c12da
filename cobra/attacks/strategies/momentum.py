"""PGD with momentum (MI-FGSM, Dong et al. 2018, their decay mu = 1).

As PGD, but each step follows the gradients' decaying sum:  g_{t+1} = mu * g_t + grad / |grad|_1.
"""

import torch
from torch import Tensor

from cobra.attacks.restart import Restart
from cobra.training.ascent import Ball, Move

TRAITS = ("gradient", "l2", "step_size", "stop")
DECAY = 1.0


def run(restart: Restart) -> Tensor:
    """One restart: the signed score [N, steps + 1] of every iterate."""
    move = momentum_steps(restart.ball, restart.step_size)
    return restart.climb(move, restart.ball.random_start(restart.random))


def momentum_steps(ball: Ball, size: float) -> Move:
    """Steepest steps for the gradients' decaying sum."""
    accumulated: Tensor | None = None

    def move(images: Tensor, _: Tensor, gradient: Tensor) -> Tensor:
        nonlocal accumulated
        before = torch.zeros_like(gradient) if accumulated is None else accumulated
        weight = gradient.abs().sum(dim=(1, 2, 3), keepdim=True).clamp(min=1e-30)
        accumulated = DECAY * before + gradient / weight
        return ball.project(images + size * ball.steepest(accumulated))

    return move
