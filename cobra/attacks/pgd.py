"""PGD on a score (Madry et al. 2018; paper: 1000 steps, 10 restarts), plain or with momentum.

    x_0 uniform in the ball;  x_{t+1} = project(x_t + alpha * steepest(d * grad score(x_t))),
    steepest(g) = sign(g) in l-inf, g / |g| in l2;  alpha = ratio x eps / steps (released code: ratio 2.5);
    d = +1 raises the score of a normal image, -1 lowers that of an anomaly.

All iterates x_0 ... x_steps count, not the last alone (ours): the image's worst score is the largest
d * score among them. With momentum (MI-FGSM, Dong et al. 2018, their decay mu = 1) the step follows

    g_{t+1} = mu * g_t + grad / |grad|_1.
"""

import torch
from torch import Tensor

from cobra.ascent import Ball, Move, steepest_steps
from cobra.attacks.attempt import Attempt

DECAY = 1.0


def pgd(attempt: Attempt) -> Tensor:
    """One restart of PGD: the signed score [N, steps + 1] of every iterate."""
    move = steepest_steps(attempt.ball, attempt.step_size)
    return attempt.climb(move, attempt.ball.random_start(attempt.random))


def momentum(attempt: Attempt) -> Tensor:
    """One restart of PGD with momentum: the signed score [N, steps + 1] of every iterate."""
    move = momentum_steps(attempt.ball, attempt.step_size)
    return attempt.climb(move, attempt.ball.random_start(attempt.random))


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
