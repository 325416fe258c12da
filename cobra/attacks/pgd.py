"""PGD on a score (Madry et al. 2018; paper: 1000 steps, 10 restarts), plain or with momentum.

    x_0 uniform in the l-inf ball;  x_{t+1} = project(x_t + alpha * sign(d * grad score(x_t))),
    alpha = ratio x eps / steps (released code: ratio 2.5);
    d = +1 raises the score of a normal image, -1 lowers that of an anomaly.

All iterates x_0 ... x_steps count, not the last alone (ours): the image's worst score is the largest
d * score among them. With momentum (MI-FGSM, Dong et al. 2018, their decay mu = 1) the sign is that of

    g_{t+1} = mu * g_t + grad / |grad|_1.
"""

from torch import Tensor

from cobra.ascent import Ball, Move, sign_steps
from cobra.attacks.attempt import Attempt

DECAY = 1.0


def pgd(attempt: Attempt) -> Tensor:
    """One restart of PGD: the signed score [N, steps + 1] of every iterate."""
    return attempt.climb(sign_steps(attempt.ball, attempt.step_size))


def momentum(attempt: Attempt) -> Tensor:
    """One restart of PGD with momentum: the signed score [N, steps + 1] of every iterate."""
    return attempt.climb(momentum_steps(attempt.ball, attempt.step_size))


def momentum_steps(ball: Ball, step_size: float) -> Move:
    """Steps along the sign of the gradients' decaying sum."""
    accumulated: Tensor | float = 0.0

    def move(images: Tensor, _: Tensor, gradient: Tensor) -> Tensor:
        nonlocal accumulated
        length = gradient.abs().sum(dim=(1, 2, 3), keepdim=True).clamp(min=1e-30)
        accumulated = DECAY * accumulated + gradient / length
        return ball.project(images + step_size * accumulated.sign())

    return move
