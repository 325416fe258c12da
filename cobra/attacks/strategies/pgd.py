"""PGD on a score (Madry et al. 2018; paper: 1000 steps, 10 restarts).

    x_0 uniform in the ball;  x_{t+1} = project(x_t + alpha * steepest(d * grad score(x_t))),
    steepest(g) = sign(g) in l-inf, g / |g| in l2;  alpha = ratio x eps / steps (released code: ratio 2.5);
    d = +1 raises the score of a normal image, -1 lowers that of an anomaly.

All iterates x_0 ... x_steps count, not the last alone (ours): the image's worst score is the largest
d * score among them, which `cobra.attacks.attack` keeps over all restarts.
"""

from torch import Tensor

from cobra.attacks.restart import Restart
from cobra.training.ascent import steepest_steps

TRAITS = ("gradient", "l2", "step_size", "stop")


def run(restart: Restart) -> Tensor:
    """One restart: the signed score [N, steps + 1] of every iterate."""
    move = steepest_steps(restart.ball, restart.step_size)
    return restart.climb(move, restart.ball.random_start(restart.random))
