"""Adam with a learning rate that is cut at milestones, and the schedule of Ruff et al. 2018."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from cobra.detectors.baselines.parts.learning import Course, Optimiser
from cobra.machine.arithmetic import square_root
from cobra.settings.section import setting

SLOWER = 0.1  # of the learning rate, after each milestone


class LearningSettings(Course):
    """Adam, its learning rate cut to a tenth once."""

    epochs: int = setting(350, "Passes over the images (Ruff et al., released code).", paper=350, ge=1)
    milestone: int = setting(
        250, "Epochs after which the learning rate is a tenth (Ruff et al., released code).", paper=250, ge=1
    )
    learning_rate: float = setting(1e-4, "Of Adam (Ruff et al., section 4.1).", paper=1e-4, gt=0)
    batch_size: int = setting(200, "Images per step (Ruff et al., section 4.1).", paper=200, ge=3)
    weight_decay: float = setting(
        5e-7,
        "Times the weights, added to the gradient: half of lambda = 1e-6 (Ruff et al., released code).",
        paper=5e-7,
        ge=0,
    )

    def optimiser(self, network: nn.Module) -> Optimiser:
        """Adam."""
        return Adam(network, self.weight_decay)

    def rate(self, step: int, steps: int) -> float:
        """The learning rate, or a tenth of it."""
        return cut(self.learning_rate, step // steps, [self.milestone])


def cut(rate: float, epoch: int, milestones: Sequence[int]) -> float:
    """The learning rate of an epoch, cut to a tenth after each of so many epochs."""
    return rate * SLOWER ** sum(epoch >= milestone for milestone in milestones)


class Adam:
    """Kingma & Ba 2015 with L2 weight decay, the learning rate given with each step.

    Not torch's, whose square roots differ between processors (`cobra.machine.arithmetic`).
    """

    MEAN, SQUARES, EPSILON = 0.9, 0.999, 1e-8  # decay of the gradient's moments; of the denominator

    def __init__(self, network: nn.Module, weight_decay: float = 0.0) -> None:
        self.weights = list(network.parameters())
        self.weight_decay = weight_decay
        self.mean = [torch.zeros_like(weight) for weight in self.weights]
        self.squares = [torch.zeros_like(weight) for weight in self.weights]
        self.steps = 0

    @torch.no_grad()
    def step(self, loss: Tensor, rate: float) -> None:
        """Change the weights along the gradient of `loss`; weights that it does not reach stay."""
        self.steps += 1
        gradients = torch.autograd.grad(loss, self.weights, allow_unused=True)
        for number, gradient in enumerate(gradients):
            if gradient is not None:
                self._update(number, gradient, rate)

    def _update(self, number: int, gradient: Tensor, rate: float) -> None:
        weight, mean, squares = self.weights[number], self.mean[number], self.squares[number]
        gradient = gradient + self.weight_decay * weight
        mean.lerp_(gradient, 1 - self.MEAN)
        squares.mul_(self.SQUARES).addcmul_(gradient, gradient, value=1 - self.SQUARES)
        size = rate / (1 - self.MEAN**self.steps)
        length = square_root(squares) / math.sqrt(1 - self.SQUARES**self.steps)
        weight.addcdiv_(mean, length + self.EPSILON, value=-size)

    def state(self) -> dict[str, Any]:
        """The moments and the number of steps."""
        return {"mean": self.mean, "squares": self.squares, "steps": self.steps}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a saved `state`."""
        self.steps = state["steps"]
        for kept, saved in ((self.mean, state["mean"]), (self.squares, state["squares"])):
            for tensor, value in zip(kept, saved, strict=True):
                tensor.copy_(value)
