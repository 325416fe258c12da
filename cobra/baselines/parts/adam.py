"""Adam with a learning rate that is cut at milestones, and the schedule of Ruff et al. 2018."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from cobra.baselines.parts.learning import Course, Optimiser
from cobra.settings.base import setting

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
    """Torch's, its learning rate given with each step."""

    def __init__(self, network: nn.Module, weight_decay: float = 0.0) -> None:
        self.inner = torch.optim.Adam(network.parameters(), weight_decay=weight_decay)

    def step(self, loss: Tensor, rate: float) -> None:
        """Change the weights along the gradient of `loss`."""
        for group in self.inner.param_groups:
            group["lr"] = rate
        self.inner.zero_grad()
        loss.backward()
        self.inner.step()

    def state(self) -> dict[str, Any]:
        """The moments and the number of steps."""
        return self.inner.state_dict()

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a saved `state`."""
        self.inner.load_state_dict(state)
