"""A detector's test scores under an attack, block by block, resumable after every restart of a block."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from cobra.artifacts.checkpoints import Scratch
from cobra.attacks.attack import attack, empty_trace
from cobra.attacks.batching import in_fitting_blocks
from cobra.attacks.fab import cross_threshold, operating_threshold
from cobra.attacks.restart import recorded_steps
from cobra.attacks.settings import AttackSettings
from cobra.data.one_class import TestImages, as_unit
from cobra.detectors.scoring import Score, clean_scores, require_distinct

SAME = 1e-3  # of the clean scores' range: more than another device's rounding changes
BY_ITSELF = 4  # times what a second look at the same images changes


@dataclass
class Budget:
    """What an attack asked of scores (the guide's included), in images: looks, and gradients taken."""

    forward: int = 0
    gradient: int = 0

    def counting(self, score: Score) -> Score:
        """`score`, its calls counted here."""

        def counted(images: Tensor) -> Tensor:
            self.forward += len(images)
            self.gradient += len(images) * images.requires_grad
            return score(images)

        return counted

    def record(self) -> dict[str, int]:
        """For the run record."""
        return {"forward_calls": self.forward, "gradient_calls": self.gradient}


@dataclass(frozen=True)
class Evaluated:
    """The columns of a score file, and what they cost."""

    columns: dict[str, Tensor]
    budget: Budget


def attack_test_images(
    score: Score,
    test: TestImages,
    settings: AttackSettings,
    *,
    seed: int,
    block_size: int,
    scratch: Scratch,
    guide: Score | None = None,
) -> Evaluated:
    """The columns `clean`, `attacked`, and `r<restart>_s<steps>`, the worst score within that restart and
    that many steps, or, of a restart that an image skipped, within that many steps of those it had; for FAB
    `clean`, `threshold` and `radius`. State in `scratch`: the trace, NaN where
    nothing was done yet, and the clean scores, by which a detector that changed since is noticed.
    """
    clean = clean_scores(score, test, block_size)
    require_distinct(clean)
    state = _of_these_scores(scratch.load() or {}, clean, lambda: clean_scores(score, test, block_size))
    budget = Budget(**state.get("budget", {}))
    if settings.kind == "fab":
        empty = torch.full((len(test.images), settings.restarts, 1), torch.nan)
        work = _threshold_work(score, operating_threshold(clean, test.is_anomaly, settings), settings, budget)
    else:
        empty = empty_trace(len(test.images), settings)
        work = _score_work(score, settings, guide, budget)
    trace = state.get("trace", empty)

    def save() -> None:
        scratch.save({"trace": trace, "budget": vars(budget), "clean": clean})

    what = f"{settings.kind}, restarts of images"
    columns = _in_blocks(work, test, trace, what, seed, block_size, scratch, save)
    traced = {} if settings.kind == "fab" else trace_columns(trace, settings)
    return Evaluated(columns | traced, budget)


def _of_these_scores(state: dict[str, Any], clean: Tensor, again: Callable[[], Tensor]) -> dict[str, Any]:
    """The saved `state`, or none if it is of other clean scores than these; the log is told.

    Scores that change by themselves, which `again` shows, tell nothing of the state: gate 6 judges them.
    """
    if "clean" not in state:
        return state
    apart = _apart(state["clean"], clean)
    if apart <= SAME or apart <= BY_ITSELF * _apart(again(), clean):
        return state
    print(
        f"what was saved is of other scores (clean ones differ by {apart:.2g} of their range): the detector "
        "changed, or is made anew at each start: begun anew",
        file=sys.stderr,
    )
    return {}


def _apart(scores: Tensor, others: Tensor) -> float:
    """The largest difference, relative to the range of `others`, or to their size where there is one."""
    others = others.cpu()
    extent = others.max() - others.min() if len(others) > 1 else others.abs().max()
    return float((scores.cpu() - others).abs().max() / extent.clamp(min=1e-30))


Work = Callable[..., dict[str, Tensor]]


def _in_blocks(
    work: Work,
    test: TestImages,
    trace: Tensor,
    what: str,
    seed: int,
    block_size: int,
    scratch: Scratch,
    save: Callable[[], None],
) -> dict[str, Tensor]:
    """The columns that `work` makes of all blocks; it fills `trace`, which is saved after each restart."""

    def done() -> int:
        return int((~trace[:, :, 0].isnan()).sum())

    with scratch.progress(what, trace.shape[0] * trace.shape[1], done()) as bar:

        def keep() -> None:
            save()
            bar.update(done() - bar.n)

        def attacked(block: slice) -> dict[str, Tensor]:
            return work(
                as_unit(test.images.pixels[block]),
                test.is_anomaly[block],
                image_ids=test.images.ids[block],
                seed=seed,
                trace=trace[block],  # a view: filled in place
                on_restart=keep,
            )

        results = in_fitting_blocks(attacked, len(trace), block_size)
    return {name: torch.cat([result[name] for result in results]) for name in results[0]}


def sweep_test_images(
    score: Score,
    test: TestImages,
    settings: AttackSettings,
    budgets: list[float],
    *,
    seed: int,
    block_size: int,
    scratch: Scratch,
    guide: Score | None = None,
) -> Evaluated:
    """The columns `clean` and, for each eps of `budgets`, `eps_<eps>`: the worst scores of the attack made
    anew with it.
    """

    def attacked(eps: float, part: Scratch) -> Evaluated:
        chosen = settings.model_copy(update={"eps": eps})
        return attack_test_images(
            score, test, chosen, seed=seed, block_size=block_size, scratch=part, guide=guide
        )

    found = one_by_one({f"eps_{eps:g}": partial(attacked, eps) for eps in budgets}, scratch)
    columns: dict[str, Tensor] = {}
    for name, its in found.items():
        columns |= {"clean": its.columns["clean"], name: its.columns["attacked"]}
    return Evaluated(columns, total_budget(found))


def one_by_one(
    attacks: Mapping[str, Callable[[Scratch], Evaluated]], scratch: Scratch
) -> dict[str, Evaluated]:
    """What each of several attacks finds, by name; each is given a part of `scratch` for its state."""
    scratch.load()
    found = {}
    for name, attacked in attacks.items():
        found[name] = attacked(scratch.part(name))
        scratch.save({})  # its wall time, should the next attack be cut off
    return found


def total_budget(found: Mapping[str, Evaluated]) -> Budget:
    """What several attacks cost together."""
    budgets = [its.budget for its in found.values()]
    return Budget(sum(spent.forward for spent in budgets), sum(spent.gradient for spent in budgets))


def _score_work(score: Score, settings: AttackSettings, guide: Score | None, budget: Budget) -> Work:
    """The attack of a block: its columns `clean` and `attacked`."""
    counted = budget.counting(score)
    counted_guide = None if guide is None else budget.counting(guide)

    def work(images: Tensor, is_anomaly: Tensor, **rest: Any) -> dict[str, Tensor]:
        result = attack(counted, images, is_anomaly, settings, guide=counted_guide, **rest)
        return {"clean": result.clean, "attacked": result.attacked}

    return work


def _threshold_work(score: Score, threshold: float, settings: AttackSettings, budget: Budget) -> Work:
    """The attack of a block against the threshold that all normal test images set."""

    def work(images: Tensor, is_anomaly: Tensor, **rest: Any) -> dict[str, Tensor]:
        return cross_threshold(budget.counting(score), images, is_anomaly, settings, threshold, **rest)

    return work


def trace_columns(trace: Tensor, settings: AttackSettings) -> dict[str, Tensor]:
    """The trace [N, restarts, recorded steps] as named columns."""
    return {
        f"r{restart + 1}_s{steps}": trace[:, restart, number]
        for restart in range(settings.restarts)
        for number, steps in enumerate(recorded_steps(settings.steps))
    }
