"""Gradient training of a small network on normal images, resumable: the schedule of Ruff et al. 2018."""

import math
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn

from cobra.baselines.parts.baseline import Training
from cobra.data.one_class import as_unit
from cobra.errors import UserError
from cobra.randomness import derive_seed, generator
from cobra.settings.base import Section, setting

Trained = TypeVar("Trained", bound=nn.Module)
SLOWER = 0.1  # of the learning rate, after the milestone


class LearningSettings(Section):
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


def seeded(make: Callable[[], Trained], training: Training, *purpose: object) -> Trained:
    """A freshly initialised network (torch's defaults), a function of the seed and the purpose alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(training.seed, "baseline", *purpose))
        return make().to(training.images.pixels.device)


def loaded(network: Trained, state: dict[str, Tensor]) -> Trained:
    """A network in the `state` of a trained one, ready to score, on the state's device; raises RuntimeError
    if that is of another network.
    """
    network.load_state_dict(state)
    return network.to(next(iter(state.values())).device).eval().requires_grad_(False)


def learn(
    network: nn.Module,
    loss: Callable[[Tensor], Tensor],
    settings: LearningSettings,
    training: Training,
    stage: str,
) -> None:
    """Minimise `loss`, of images float [N, 3, H, W] to their mean loss, over the weights of `network`, and
    leave it ready to score. Continues where a killed run left the `stage`. Raises UserError if it diverges.
    """
    optimiser = torch.optim.Adam(
        network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
    )
    losses: list[float] = []
    if state := training.stages.get(stage):
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        losses = state["losses"]
    network.train()
    with training.scratch.progress(f"{stage}, epochs", settings.epochs, len(losses)) as bar:
        for epoch in range(len(losses), settings.epochs):
            for group in optimiser.param_groups:
                group["lr"] = settings.learning_rate * (SLOWER if epoch >= settings.milestone else 1)
            losses.append(_epoch(loss, optimiser, settings, training, (stage, epoch)))
            if not math.isfinite(losses[-1]):
                raise UserError(
                    f"The loss of the {stage} is {losses[-1]} in epoch {epoch + 1}: lower its learning_rate."
                )
            bar.set_postfix(loss=f"{losses[-1]:.4g}", refresh=False)
            bar.update()
            made = {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "losses": losses}
            training.save(stage, made)
    network.eval().requires_grad_(False)


def _epoch(
    loss: Callable[[Tensor], Tensor],
    optimiser: torch.optim.Optimizer,
    settings: LearningSettings,
    training: Training,
    purpose: tuple[str, int],
) -> float:
    """One pass over the images in another order; the mean loss."""
    pixels = training.images.pixels
    order = torch.randperm(len(pixels), generator=generator(training.seed, "baseline order", *purpose))
    steps = math.ceil(len(pixels) / settings.batch_size)
    total = torch.zeros((), device=pixels.device)
    for rows in order.to(pixels.device).tensor_split(steps):
        value = loss(as_unit(pixels[rows]))
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        total += value.detach()
    return float(total) / steps
