"""An attack on any score: restarts, both groups with opposite signs, one score per image kept."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from cobra.attacks.restart import Restart, missing_restarts, recorded_steps, targeted
from cobra.attacks.settings import AttackSettings, StopSettings
from cobra.attacks.strategies import STRATEGIES
from cobra.detectors.scoring import Score
from cobra.errors import UserError

Strategy = Callable[[Restart], Tensor]


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
    last. `guide` is a score whose gradient is followed instead (a smoothed one, another detector's); what is
    kept is always `score`.
    With `settings.stop` images are left out of a batch once their own restarts agree.
    `trace` is filled in place, and restarts it already holds are not run again; `on_restart` is called
    after each. Raises UserError for no images, images outside [0, 1] and for scores of a wrong shape or
    not finite.
    """
    run = strategy(settings.kind)
    first = Restart.first(score, images, is_anomaly, settings, image_ids=image_ids, seed=seed, guide=guide)
    clean, direction = first.clean, first.direction
    targets = targeted(is_anomaly, settings)
    trace = empty_trace(len(images), settings) if trace is None else trace
    for number in missing_restarts(trace):
        earlier = _signed(trace[:, :number], direction)
        restart = replace(first, number=number, earlier=earlier[:, :, -1])
        stopped = agreed(restart.earlier, clean, settings.stop)
        found = _recorded(run, restart, torch.nonzero(targets & ~stopped)[:, 0])
        if bool(stopped.any()):
            found[stopped] = earlier[stopped].amax(dim=1)
        trace[:, number] = (direction[:, None] * found).cpu()
        on_restart()
    signed = _signed(trace, direction)
    if settings.keep == "last":
        worst = signed[:, :, -1].amax(dim=1)
    else:
        # clean scores again: a trace begun on another device may hold them with another rounding
        worst = torch.maximum(signed.amax(dim=(1, 2)), clean)
    return Attacked(direction * clean, direction * worst, trace)


def _signed(trace: Tensor, direction: Tensor) -> Tensor:
    """A trace, which holds scores, as signed scores: the larger, the worse for the defender."""
    return trace.to(direction.device) * direction[:, None, None]


def _recorded(run: Strategy, restart: Restart, rows: Tensor) -> Tensor:
    """The signed scores [N, recorded steps] that a restart of the images at `rows` leaves: the worst so far
    or, with `keep` last, those of the iterates; the clean ones of all other images.
    """
    settings = restart.settings
    curve = restart.clean[:, None].repeat(1, settings.steps + 1)
    if len(rows) > 0:
        iterates = run(restart.select(rows))
        worst = torch.maximum(curve[rows], iterates.cummax(dim=1).values)
        curve[rows] = iterates if settings.keep == "last" else worst
    return curve[:, recorded_steps(settings.steps)]


def agreed(earlier: Tensor, clean: Tensor, rule: StopSettings | None) -> Tensor:
    """Bool [N]: the images that need no further restart, as `rule.after` of theirs came within `rule.within`
    of all that was gained on the image to the worst of its scores (ours).

    `earlier` [N, restarts so far] are the best signed scores of each restart, `clean` [N] those of the images
    as they are. Scores have no unit, so gains are measured by the image's own, from its clean score to its
    worst; no other image, batch or block decides. Restarts that found nothing worse than the image itself
    agree on nothing: a gradient that vanishes would have them do so. An image that has stopped stays so: what
    stands for the restarts it skips, the worst of those it had, is no better.
    """
    if rule is None or earlier.shape[1] < rule.after:
        return torch.zeros_like(clean, dtype=torch.bool)
    worst = earlier.amax(dim=1)
    near = earlier >= (worst - rule.within * (worst - clean))[:, None]
    return (near.sum(dim=1) >= rule.after) & (worst > clean)


def strategy(kind: str) -> Strategy:
    """What makes a restart; raises UserError if there is no such strategy."""
    if kind not in STRATEGIES.names():
        names = ", ".join(STRATEGIES.names())
        raise UserError(f"The attack {kind} gives no scores: choose among {names}.")
    found: Strategy = STRATEGIES.load(kind).run
    return found
