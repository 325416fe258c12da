"""Gradient ascent in a ball of images: the one loop behind adversarial training and all gradient attacks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

import torch
from torch import Tensor

from cobra.randomness import ImageRandom


class Ball(Protocol):
    """The images allowed: within eps of given ones in some norm, and within [0, 1]."""

    def project(self, images: Tensor) -> Tensor:
        """The nearest images in the ball."""

    def random_start(self, random: ImageRandom) -> Tensor:
        """A random point of the ball."""

    def steepest(self, gradient: Tensor) -> Tensor:
        """Per image the step of length 1 in the norm that `gradient` says raises the objective most."""


@dataclass(frozen=True)
class LinfBall:
    """Every pixel within eps: elementwise bounds around `images`."""

    images: Tensor
    eps: float
    lower: Tensor
    upper: Tensor

    @classmethod
    def around(cls, images: Tensor, eps: float) -> Self:
        """The ball around images in [0, 1], exact: no float32 rounding lets a pixel pass eps."""
        exact = images.double()  # float32 would round eps itself, by more than one unit of a small result
        upper = (exact + eps).clamp(max=1).to(images.dtype)
        lower = (exact - eps).clamp(min=0).to(images.dtype)
        down, up = (torch.full_like(images, end) for end in (-torch.inf, torch.inf))
        upper = torch.where(upper.double() - exact > eps, torch.nextafter(upper, down), upper)
        lower = torch.where(exact - lower.double() > eps, torch.nextafter(lower, up), lower)
        return cls(images, eps, lower, upper)

    def project(self, images: Tensor) -> Tensor:
        """The nearest images in the ball."""
        return torch.minimum(torch.maximum(images, self.lower), self.upper)

    def random_start(self, random: ImageRandom) -> Tensor:
        """Images plus uniform noise in [-eps, eps], projected."""
        noise = random.uniform(*self.images.shape[1:], low=-self.eps, high=self.eps)
        return self.project(self.images + noise)

    def steepest(self, gradient: Tensor) -> Tensor:
        """The gradient's sign (Madry et al. 2018)."""
        return gradient.sign()


# From images, the objective's values [N] at them and its gradient to the next images.
Move = Callable[[Tensor, Tensor, Tensor], Tensor]


def steepest_steps(ball: Ball, size: float) -> Move:
    """Steps of one size in the steepest direction: projected gradient ascent (Madry et al. 2018)."""

    def move(images: Tensor, _: Tensor, gradient: Tensor) -> Tensor:
        return ball.project(images + size * ball.steepest(gradient))

    return move


def ascend(objective: Callable[[Tensor], Tensor], start: Tensor, move: Move, *, steps: int) -> Tensor:
    """`move` repeated to raise each of the `objective`'s values, from `start`; returns the last iterate.

    The objective is asked at iterates 0 to steps - 1; the last one's value costs a pass of its own, which
    is left to those who want it.
    """
    images = start
    for _ in range(steps):
        images = images.detach().requires_grad_()
        values = objective(images)
        (gradient,) = torch.autograd.grad(values.sum(), images)
        images = move(images.detach(), values.detach(), gradient)
    return images.detach()
