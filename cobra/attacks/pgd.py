"""PGD on a score (Madry et al. 2018; paper: 1000 steps, 10 restarts).

    x_0 uniform in the l-inf ball;  x_{t+1} = project(x_t + alpha * sign(d * grad score(x_t))),
    alpha = ratio x eps / steps (released code: ratio 2.5);
    d = +1 raises the score of a normal image, -1 lowers that of an anomaly.

All iterates x_0 ... x_steps count, not the last alone (ours): the image's worst score is the largest
d * score among them.
"""

import torch
from torch import Tensor

from cobra.ascent import ascend, linf_ball
from cobra.randomness import ImageRandom
from cobra.scoring import Score, checked


def pgd(
    score: Score,
    images: Tensor,
    direction: Tensor,
    random: ImageRandom,
    *,
    eps: float,
    step_size: float,
    steps: int,
) -> Tensor:
    """One restart: the signed score [N, steps + 1] of every iterate.

    `direction` [N] is +1 to raise and -1 to lower the score of images [N, C, H, W] in [0, 1].
    """
    seen: list[Tensor] = []

    def signed(batch: Tensor) -> Tensor:
        return direction * checked(score, batch)

    ball = linf_ball(images, eps)
    last = ascend(
        signed,
        ball.random_start(images, eps, random),
        ball,
        step_size=step_size,
        steps=steps,
        observe=lambda _, values: seen.append(values),
    )
    with torch.no_grad():
        seen.append(signed(last))
    return torch.stack(seen, dim=1)
