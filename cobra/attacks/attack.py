"""An attack on any score: restarts, both groups with opposite signs, one score per image kept."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from cobra.attacks.early_stopping import agreed, carried
from cobra.attacks.restart import Attempt, Task, missing_restarts, recorded_steps
from cobra.attacks.settings import AttackSettings, StopSettings
from cobra.attacks.strategy_registry import STRATEGIES
from cobra.detectors.scoring import Score
from cobra.errors import UserError

Strategy = Callable[[Attempt], Tensor]


@dataclass(frozen=True)
class Attacked:
    """Scores [N] before and after, and `trace` [N, restarts, recorded steps]: the worst score within
    that restart and that many steps, from which every smaller budget's result follows. A restart that an
    image skipped (`AttackSettings.stop`) shows the worst within so many steps of those it had. With
    `AttackSettings.keep` last it holds the scores of the iterates after so many steps as they are.
    """

    clean: Tensor
    attacked: Tensor
    trace: Tensor


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
    guide: Score | None = None,
    trace: Tensor | None = None,
    on_restart: Callable[[], None] = lambda: None,
) -> Attacked:
    """Attack `score` on images [N, C, H, W] in [0, 1], of which bool [N] `is_anomaly` says the group.

    Starts depend on (seed, image id, restart) alone, so that batches may be cut at will. The unperturbed
    image counts as an iterate: no image ends better for the defender than it began, unless `settings.keep` is
    last. `guide` is a score
    whose gradient is followed instead (a smoothed one, another detector's); what is kept is always `score`.
    With `settings.stop` images are left out of a batch once their own restarts agree.
    `trace` is filled in place, and restarts it already holds are not run again; `on_restart` is called
    after each. Raises UserError for no images, images outside [0, 1] and for scores of a wrong shape or
    not finite.
    """
    chosen = strategy(settings.kind)
    task = Task.of(score, images, is_anomaly, settings, image_ids=image_ids, seed=seed, guide=guide)
    direction, clean = task.direction, task.clean
    trace = empty_trace(len(images), settings) if trace is None else trace
    for restart in missing_restarts(trace):
        earlier = trace[:, :restart].to(clean.device) * direction[:, None, None]
        trace[:, restart] = (direction[:, None] * _restarted(task, chosen, restart, earlier)).cpu()
        on_restart()
    traced = trace.to(clean.device) * direction[:, None, None]
    if settings.keep == "last":
        kept = traced[:, :, -1].amax(dim=1)
    else:
        # clean scores again: a trace begun on another device may hold them with another rounding
        kept = torch.maximum(traced.amax(dim=(1, 2)), clean)
    return Attacked(direction * clean, direction * kept, trace)


def _restarted(task: Task, chosen: Strategy, restart: int, earlier: Tensor) -> Tensor:
    """The signed scores [N, recorded steps] that count of a restart; `earlier` [N, restart, recorded steps]
    are those of the restarts before it.
    """
    settings, best = task.settings, earlier[:, :, -1]
    stopped = _stopped(settings.stop, best, task.clean)
    going_on = ~stopped[task.chosen]
    active = task.chosen[going_on]
    kept = task.clean[:, None].repeat(1, settings.steps + 1)
    if len(active) > 0:
        iterates = chosen(task.attempt(restart, best).select(going_on))
        worst = torch.maximum(kept[active], iterates.cummax(dim=1).values)
        kept[active] = iterates if settings.keep == "last" else worst
    found = kept[:, recorded_steps(settings.steps)]
    if bool(stopped.any()):
        found[stopped] = carried(earlier[stopped])
    return found


def _stopped(rule: StopSettings | None, best: Tensor, clean: Tensor) -> Tensor:
    """Bool [N]: the images that need no further restart."""
    return torch.zeros_like(clean, dtype=torch.bool) if rule is None else agreed(best, clean, rule)


def strategy(kind: str) -> Strategy:
    """What makes a restart; raises UserError if there is no such strategy."""
    if kind not in STRATEGIES.names():
        names = ", ".join(STRATEGIES.names())
        raise UserError(f"The attack {kind} gives no scores: choose among {names}.")
    found: Strategy = STRATEGIES.load(kind).restart
    return found
