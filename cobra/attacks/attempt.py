"""One restart of an attack on a batch: what every strategy is given, and the climb of gradient attacks."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from cobra.ascent import Ball, Move, ascend, linf_ball
from cobra.errors import UserError
from cobra.randomness import ImageRandom
from cobra.settings.attack import AttackSettings


@dataclass(frozen=True)
class Attempt:
    """Images [N, C, H, W] in [0, 1] and `signed`, the score times +1 (to raise) or -1 (to lower) per image.

    A strategy makes of it the signed scores [N, steps + 1] of its start and of all that it tried after it.
    """

    signed: Callable[[Tensor], Tensor]
    images: Tensor
    eps: float
    random: ImageRandom
    settings: AttackSettings
    restart: int

    @cached_property
    def ball(self) -> Ball:
        """The images allowed."""
        return linf_ball(self.images, self.eps)

    @property
    def step_size(self) -> float:
        """The step of this restart, in [0, 1] pixels: restarts take the ratios in turn."""
        ratios = self.settings.step_ratios
        return ratios[self.restart % len(ratios)] * self.eps / self.settings.steps

    def start(self) -> Tensor:
        """Uniform in the ball."""
        return self.ball.random_start(self.images, self.eps, self.random)

    def climb(self, move: Move) -> Tensor:
        """The signed scores of a random start and of the iterates to which `move` leads from it."""
        seen: list[Tensor] = []
        last = ascend(
            self.differentiable,
            self.start(),
            move,
            steps=self.settings.steps,
            observe=lambda _, values: seen.append(values),
        )
        return torch.stack([*seen, self.look(last)], dim=1)

    def differentiable(self, batch: Tensor) -> Tensor:
        """`signed`; raises UserError if it has no gradient."""
        values = self.signed(batch)
        if not values.requires_grad:
            raise UserError(
                f"The score has no gradient with respect to the image, which the attack {self.settings.kind} "
                "needs: attack it with square or noise."
            )
        return values

    @torch.no_grad()
    def look(self, batch: Tensor) -> Tensor:
        """`signed` without a gradient."""
        return self.signed(batch)
