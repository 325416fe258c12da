"""APGD on a score (Croce, Hein 2020): PGD whose step sizes adapt to each image; no step size to choose.

    z       = project(x_t + eta * steepest(d * grad score(x_t)))
    x_{t+1} = project(x_t + 0.75 * (z - x_t) + 0.25 * (x_t - x_{t-1})),   x_1 = z,  eta = 2 eps at first.

At checkpoints, 22 % of the steps after the start and then ever closer (by 3 % each time, 6 % at least),
an image's eta is halved and it returns to its best iterate if fewer than 75 % of the steps since the last
checkpoint raised its value, or if neither eta nor its best value has changed since then. The objective is
the signed score itself (or the guide's), and nothing stops early. Starts are uniform in the ball (the
authors' touch its surface).
"""

import torch
from torch import Tensor

from cobra.attacks.restart import Restart
from cobra.training.ascent import Ball

TRAITS = ("gradient", "l2", "stop")
INERTIA = 0.25
RISING = 0.75  # share of steps that must raise the value


def run(restart: Restart) -> Tensor:
    """One restart: the signed score [N, steps + 1] of every iterate."""
    move = AdaptiveSteps(restart.ball, restart.eps, restart.settings.steps)
    return restart.climb(move, restart.ball.random_start(restart.random))


class AdaptiveSteps:
    """The moves of one restart, with all that they remember of each image."""

    def __init__(self, ball: Ball, eps: float, steps: int) -> None:
        self.ball = ball
        self.first_size = 2 * eps
        self.period, self.shortest, self.shorter = (
            max(int(share * steps), 1) for share in (0.22, 0.06, 0.03)
        )
        self.moved = self.moved_since_check = 0
        self.previous: Tensor | None = None

    def __call__(self, images: Tensor, values: Tensor, gradient: Tensor) -> Tensor:
        """From images, their values [N] and gradients to the next images."""
        if self.moved == 0:
            self._begin(images, values, gradient)
        else:
            self._learn(images, values, gradient)
            if self.moved_since_check == self.period:
                images, gradient = self._check(images, gradient)
        ahead = self.ball.project(images + self.sizes * self.ball.steepest(gradient))
        if self.previous is not None:
            inertia = INERTIA * (images - self.previous)
            ahead = self.ball.project(images + (1 - INERTIA) * (ahead - images) + inertia)
        self.previous = images
        self.moved += 1
        return ahead

    def _begin(self, images: Tensor, values: Tensor, gradient: Tensor) -> None:
        self.sizes = torch.full_like(values, self.first_size)[:, None, None, None]
        self.best, self.best_gradient = images, gradient
        self.best_values, self.last_values, self.checked_values = values.clone(), values, values
        self.rises = torch.zeros_like(values)
        self.was_reduced = torch.ones_like(values, dtype=torch.bool)  # the first check looks at rises alone

    def _learn(self, images: Tensor, values: Tensor, gradient: Tensor) -> None:
        self.moved_since_check += 1
        self.rises += values > self.last_values
        self.last_values = values
        better = (values > self.best_values)[:, None, None, None]
        self.best = torch.where(better, images, self.best)
        self.best_gradient = torch.where(better, gradient, self.best_gradient)
        self.best_values = torch.maximum(self.best_values, values)

    def _check(self, images: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """Halve the steps of images that do not get on; these go on from their best iterate."""
        stuck = ~self.was_reduced & (self.checked_values >= self.best_values)
        reduced = (self.rises <= RISING * self.period) | stuck
        back = reduced[:, None, None, None]
        self.sizes = torch.where(back, self.sizes / 2, self.sizes)
        self.was_reduced, self.checked_values = reduced, self.best_values
        self.rises, self.moved_since_check = torch.zeros_like(self.rises), 0
        self.period = max(self.period - self.shorter, self.shortest)
        return torch.where(back, self.best, images), torch.where(back, self.best_gradient, gradient)
