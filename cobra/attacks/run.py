"""An attack on any score: restarts, both groups with opposite signs, the worst score per image kept."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from cobra.attacks.apgd import apgd
from cobra.attacks.attempt import Attempt
from cobra.attacks.noise import noise
from cobra.attacks.pgd import momentum, pgd
from cobra.attacks.square import square
from cobra.errors import UserError
from cobra.randomness import ImageRandom
from cobra.scoring import Score, check_images, checked
from cobra.settings.attack import AttackSettings

# Each makes of an attempt the signed scores [N, steps + 1] of all that it tried.
STRATEGIES: dict[str, Callable[[Attempt], Tensor]] = {
    "pgd": pgd,
    "momentum": momentum,
    "apgd": apgd,
    "square": square,
    "noise": noise,
}


@dataclass(frozen=True)
class Attacked:
    """Scores [N] before and after, and `trace` [N, restarts, recorded steps]: the worst score within
    that restart and that many steps, from which every smaller budget's result follows.
    """

    clean: Tensor
    attacked: Tensor
    trace: Tensor


def recorded_steps(steps: int) -> list[int]:
    """The step counts at which the worst score so far is recorded: 1, 2, 5, 10, 20, 50, ... and the last."""
    series = [digit * 10**power for power in range(7) for digit in (1, 2, 5)]
    return [step for step in series if step < steps] + [steps]


def empty_trace(images: int, settings: AttackSettings) -> Tensor:
    """A trace in which nothing has been computed yet: NaN throughout."""
    return torch.full((images, settings.restarts, len(recorded_steps(settings.steps))), torch.nan)


def attack(
    score: Score,
    images: Tensor,
    is_anomaly: Tensor,
    settings: AttackSettings,
    *,
    image_ids: Tensor,
    seed: int,
    trace: Tensor | None = None,
    on_restart: Callable[[], None] = lambda: None,
) -> Attacked:
    """Attack `score` on images [N, C, H, W] in [0, 1], of which bool [N] `is_anomaly` says the group.

    Starts depend on (seed, image id, restart) alone, so that batches may be cut at will. The unperturbed
    image counts as an iterate: no image ends better for the defender than it began. `trace` is filled in
    place, and restarts it already holds are not run again; `on_restart` is called after each. Raises
    UserError for images outside [0, 1] and for scores of a wrong shape or not finite.
    """
    check_images(images)
    if settings.eps is None:
        raise UserError("The attack has no eps: set attacks.<name>.eps or the data set's eps.")
    direction = torch.where(is_anomaly, -1.0, 1.0)
    with torch.no_grad():
        clean = checked(score, images)
    trace = empty_trace(len(images), settings) if trace is None else trace
    chosen = torch.nonzero(_targets(is_anomaly, settings.target))[:, 0]
    for restart in range(settings.restarts):
        if not trace[:, restart].isnan().any():
            continue
        worst = (direction * clean)[:, None].repeat(1, settings.steps + 1)
        if len(chosen) > 0:
            random = ImageRandom.of(seed, image_ids[chosen], "attack start", restart)
            signed = _signed(score, direction[chosen])
            attempt = Attempt(signed, images[chosen], settings.eps, random, settings, restart)
            iterates = STRATEGIES[settings.kind](attempt)
            worst[chosen] = torch.maximum(worst[chosen], iterates.cummax(dim=1).values)
        trace[:, restart] = (direction[:, None] * worst[:, recorded_steps(settings.steps)]).cpu()
        on_restart()
    traced = trace.to(direction.device) * direction[:, None, None]
    # clean scores again: a trace begun on another device may hold them with another rounding
    worst_of_all = torch.maximum(traced.amax(dim=(1, 2)), direction * clean)
    return Attacked(clean, direction * worst_of_all, trace)


def _signed(score: Score, direction: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda batch: direction * checked(score, batch)


def _targets(is_anomaly: Tensor, target: str) -> Tensor:
    groups = {"both": torch.ones_like(is_anomaly), "normal": ~is_anomaly, "anomalies": is_anomaly}
    return groups[target]
