"""Gradient training of a network on normal images, resumable, by Adam or another update rule."""

import math
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn

from cobra.data.one_class import as_unit
from cobra.detectors.baseline_detector import Training
from cobra.errors import UserError
from cobra.machine.arithmetic import square_root
from cobra.randomness import ImageRandom, derive_seed, generator
from cobra.settings.section import Section

Trained = TypeVar("Trained", bound=nn.Module)
# Normal images float [N, 3, H, W] in [0, 1] and a stream of random numbers for each -> their mean loss.
Loss = Callable[[Tensor, ImageRandom], Tensor]
SAVES = 100  # times, about, that a training writes its state


class Optimiser(Protocol):
    """An update rule; `cobra.training.networks.optimiser.Lars` is one."""

    def step(self, loss: Tensor, rate: float) -> None:
        """Change the weights along the gradient of `loss`; weights that it does not reach stay."""

    def state(self) -> dict[str, Any]:
        """All that later steps depend on beside the weights."""

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a saved `state`."""


class Course(Section):
    """How long a training is, its update rule and the rates of its steps."""

    epochs: int
    batch_size: int

    @abstractmethod
    def optimiser(self, network: nn.Module) -> Optimiser:
        """The update rule for the weights of `network`."""

    @abstractmethod
    def rate(self, step: int, steps: int) -> float:
        """The learning rate of `step`, counted from 0 at the beginning; an epoch has so many `steps`."""


def seeded(make: Callable[[], Trained], training: Training, *purpose: object) -> Trained:
    """A freshly initialised network (torch's defaults), a function of the seed and the purpose alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(training.seed, "baseline", *purpose))
        return make().to(training.images.pixels.device)


def loaded(network: Trained, state: dict[str, Tensor]) -> Trained:
    """A network whose weights are those in the `state` of a trained one, ready to score; raises RuntimeError
    if that is of another network.
    """
    network.load_state_dict(state, assign=True)
    return network.eval().requires_grad_(False)


def learn(network: nn.Module, loss: Loss, course: Course, training: Training, stage: str) -> None:
    """Minimise `loss` over the weights of `network`, and leave it ready to score.

    Continues where a killed run left the `stage`. Raises UserError if it diverges.
    """
    optimiser = course.optimiser(network)
    losses: list[float] = []
    if state := training.stages.get(stage):
        network.load_state_dict(state["network"])
        optimiser.restore(state["optimiser"])
        losses = state["losses"]
    network.train()
    with training.scratch.progress(f"{stage}, epochs", course.epochs, len(losses)) as bar:
        for epoch in range(len(losses), course.epochs):
            losses.append(_epoch(loss, optimiser, course, training, (stage, epoch)))
            if not math.isfinite(losses[-1]):
                raise UserError(
                    f"The loss of the {stage} is {losses[-1]} in epoch {epoch + 1}: lower its learning_rate."
                )
            bar.set_postfix(loss=f"{losses[-1]:.4g}", refresh=False)
            bar.update()
            if len(losses) % math.ceil(course.epochs / SAVES) == 0 or len(losses) == course.epochs:
                made = {"network": network.state_dict(), "optimiser": optimiser.state(), "losses": losses}
                training.save(stage, made)
    network.eval().requires_grad_(False)


def _epoch(
    loss: Loss, optimiser: Optimiser, course: Course, training: Training, purpose: tuple[str, int]
) -> float:
    """One pass over the images in another order; the mean loss."""
    pixels, ids = training.images.pixels, training.images.ids
    order = torch.randperm(len(pixels), generator=generator(training.seed, "baseline order", *purpose))
    steps = math.ceil(len(pixels) / course.batch_size)
    begun = purpose[1] * steps
    total = torch.zeros((), device=pixels.device)
    for step, rows in enumerate(order.to(pixels.device).tensor_split(steps), start=begun):
        random = ImageRandom.of(training.seed, ids[rows], "baseline", *purpose)
        value = loss(as_unit(pixels[rows]), random)
        optimiser.step(value, course.rate(step, steps))
        total += value.detach()
    return float(total) / steps


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
        self.steps += 1
        gradients = torch.autograd.grad(loss, self.weights, allow_unused=True)
        each = zip(self.weights, gradients, self.mean, self.squares, strict=True)
        for weight, gradient, mean, squares in each:
            if gradient is not None:
                gradient = gradient + self.weight_decay * weight
                mean.lerp_(gradient, 1 - self.MEAN)
                squares.mul_(self.SQUARES).addcmul_(gradient, gradient, value=1 - self.SQUARES)
                size = rate / (1 - self.MEAN**self.steps)
                length = square_root(squares) / math.sqrt(1 - self.SQUARES**self.steps)
                weight.addcdiv_(mean, length + self.EPSILON, value=-size)

    def state(self) -> dict[str, Any]:
        return {"mean": self.mean, "squares": self.squares, "steps": self.steps}

    def restore(self, state: dict[str, Any]) -> None:
        self.steps = state["steps"]
        for kept, saved in ((self.mean, state["mean"]), (self.squares, state["squares"])):
            for tensor, value in zip(kept, saved, strict=True):
                tensor.copy_(value)


def cut(rate: float, epoch: int, milestones: Sequence[int]) -> float:
    """The learning rate of an epoch, cut to a tenth after each of so many epochs."""
    return rate * 0.1 ** sum(epoch >= milestone for milestone in milestones)
