"""Gradient ascent in an l-inf ball: the one loop behind adversarial training and all gradient attacks."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from cobra.randomness import ImageRandom


@dataclass(frozen=True)
class Ball:
    """The images within eps of given ones and within [0, 1]: elementwise bounds."""

    lower: Tensor
    upper: Tensor

    def project(self, images: Tensor) -> Tensor:
        """The nearest images in the ball."""
        return torch.minimum(torch.maximum(images, self.lower), self.upper)

    def random_start(self, images: Tensor, eps: float, random: ImageRandom) -> Tensor:
        """Images plus uniform noise in [-eps, eps], projected."""
        noise = random.uniform(*images.shape[1:], low=-eps, high=eps)
        return self.project(images + noise)


def linf_ball(images: Tensor, eps: float) -> Ball:
    """The ball around images in [0, 1], exact: no float32 rounding lets a pixel pass eps."""
    exact = images.double()  # float32 would round eps itself, by more than one unit of a small result
    upper = (exact + eps).clamp(max=1).to(images.dtype)
    lower = (exact - eps).clamp(min=0).to(images.dtype)
    down, up = (torch.full_like(images, end) for end in (-torch.inf, torch.inf))
    upper = torch.where(upper.double() - exact > eps, torch.nextafter(upper, down), upper)
    lower = torch.where(exact - lower.double() > eps, torch.nextafter(lower, up), lower)
    return Ball(lower, upper)


# From images, the objective's values [N] at them and its gradient to the next images.
Move = Callable[[Tensor, Tensor, Tensor], Tensor]


def sign_steps(ball: Ball, step_size: float) -> Move:
    """Steps of one size along the gradient's sign: the steepest ascent in l-inf (Madry et al. 2018)."""

    def move(images: Tensor, _: Tensor, gradient: Tensor) -> Tensor:
        return ball.project(images + step_size * gradient.sign())

    return move


def ascend(
    objective: Callable[[Tensor], Tensor],
    start: Tensor,
    move: Move,
    *,
    steps: int,
    observe: Callable[[int, Tensor], None] | None = None,
) -> Tensor:
    """`move` repeated to raise each of the `objective`'s values, from `start`; returns the last iterate.

    `observe(step, values)` sees the objective's values at iterates 0 to steps - 1; the last iterate's
    costs a pass of its own, which is left to those who want it.
    """
    images = start
    for step in range(steps):
        images = images.detach().requires_grad_()
        values = objective(images)
        (gradient,) = torch.autograd.grad(values.sum(), images)
        if observe is not None:
            observe(step, values.detach())
        images = move(images.detach(), values.detach(), gradient)
    return images.detach()
