"""The update rule and its schedule: LARS, linear warm-up, cosine decay.

Own code: torch has no LARS, and its optimiser classes import the compiler (two seconds a job).
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Schedule:
    """Learning rate per step: linear from the share `start` of `peak` to `peak` over `warmup` steps, then a
    half cosine that reaches 0 after `cosine` more steps, or at `total` (paper: 10 of 100 epochs, no
    restarts).
    """

    peak: float
    warmup: int
    total: int
    start: float = 0.0
    cosine: int | None = None

    def rate(self, step: int) -> float:
        """The rate of step 0, 1, ..., total - 1."""
        if step < self.warmup:
            return self.peak * (self.start + (1 - self.start) * (step + 1) / self.warmup)
        done = (step - self.warmup) / max(1, self.cosine or self.total - self.warmup)
        return self.peak * 0.5 * (1 + math.cos(math.pi * done))


class Lars:
    """Momentum SGD whose step per tensor is scaled to trust x |w| / |g + wd w| (You et al. 2017).

    Biases and norm parameters take plain steps without decay (ours, as SimCLR's code), unless `adapt_all`
    (released code). With `trust_coefficient` None no tensor is adapted, which is SGD with momentum as torch
    defines it.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        momentum: float,
        weight_decay: float,
        trust_coefficient: float | None,
        adapt_all: bool = False,
    ) -> None:
        self.parameters = {name: value for name, value in model.named_parameters() if value.requires_grad}
        self.momenta = {name: torch.zeros_like(value) for name, value in self.parameters.items()}
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.trust_coefficient = trust_coefficient
        self.adapt_all = adapt_all

    def step(self, loss: Tensor, rate: float) -> None:
        """Change the parameters along the gradient of `loss`; parameters it does not reach stay."""
        names = list(self.parameters)
        gradients = torch.autograd.grad(loss, list(self.parameters.values()), allow_unused=True)
        for name, gradient in zip(names, gradients, strict=True):
            if gradient is not None:
                self._update(name, gradient, rate)

    @torch.no_grad()
    def _update(self, name: str, gradient: Tensor, rate: float) -> None:
        weight = self.parameters[name]
        if weight.ndim > 1 or self.adapt_all:
            gradient = gradient + self.weight_decay * weight
            gradient = gradient * self._trust(weight, gradient)
        momentum = self.momenta[name]
        momentum.mul_(self.momentum).add_(gradient)
        weight.sub_(momentum, alpha=rate)

    def _trust(self, weight: Tensor, gradient: Tensor) -> Tensor | float:
        if self.trust_coefficient is None:
            return 1.0
        weight_norm, gradient_norm = weight.norm(), gradient.norm()
        ratio = self.trust_coefficient * weight_norm / gradient_norm
        return torch.where((weight_norm > 0) & (gradient_norm > 0), ratio, 1.0)

    def state(self) -> dict[str, Any]:
        """The momenta by parameter name."""
        return {name: momentum.clone() for name, momentum in self.momenta.items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a saved `state`."""
        for name, momentum in self.momenta.items():
            momentum.copy_(state[name])
