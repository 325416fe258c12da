"""A detector's test scores under an attack, block by block, resumable after every restart of a block."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from cobra.artifacts.checkpoints import Scratch
from cobra.attacks.attack import attack, empty_trace
from cobra.attacks.batching import in_fitting_blocks
from cobra.attacks.fab import cross_threshold, operating_threshold
from cobra.attacks.restart import trace_names
from cobra.attacks.settings import AttackSettings
from cobra.attacks.strategies import FAB
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

    def add(self, other: "Budget") -> None:
        """Count what another attack asked, too."""
        self.forward += other.forward
        self.gradient += other.gradient


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
    `clean`, `threshold` and `radius`. State in `scratch`: the trace, NaN where nothing was done yet, and the
    clean scores, by which a detector that changed since is noticed.
    """
    clean = clean_scores(score, test, block_size)
    require_distinct(clean)
    state = scratch.load() or {}
    if "clean" in state and _are_others(state["clean"], clean, lambda: clean_scores(score, test, block_size)):
        state = {}
    budget = Budget(**state.get("budget", {}))
    attack_block, empty = _attack_of_a_block(score, clean, test.is_anomaly, settings, guide, budget)
    trace = state.get("trace", empty)

    with _keeping(scratch, settings.kind, {"trace": trace, "budget": vars(budget), "clean": clean}) as keep:

        def columns_of(block: slice) -> dict[str, Tensor]:
            return attack_block(
                images=as_unit(test.images.pixels[block]),
                is_anomaly=test.is_anomaly[block],
                image_ids=test.images.ids[block],
                seed=seed,
                trace=trace[block],  # a view: filled in place
                on_restart=keep,
            )

        blocks = in_fitting_blocks(columns_of, len(trace), block_size)
    columns = {name: torch.cat([block[name] for block in blocks]) for name in blocks[0]}
    return Evaluated(columns | _trace_columns(trace, settings), budget)


@contextmanager
def _keeping(scratch: Scratch, kind: str, state: dict[str, Any]) -> Iterator[Callable[[], None]]:
    """What saves `state`, which changes in place, and shows how many restarts of images are done."""
    trace: Tensor = state["trace"]

    def done() -> int:
        return int((~trace[:, :, 0].isnan()).sum())

    with scratch.progress(f"{kind}, restarts of images", trace[:, :, 0].numel(), done()) as bar:

        def keep() -> None:
            scratch.save(state)
            bar.update(done() - bar.n)

        yield keep


def _trace_columns(trace: Tensor, settings: AttackSettings) -> dict[str, Tensor]:
    if settings.kind == FAB:
        return {}
    names = trace_names(settings.restarts, settings.steps)
    return {name: trace[:, r, s] for r, row in enumerate(names) for s, name in enumerate(row)}


def _attack_of_a_block(
    score: Score,
    clean: Tensor,
    is_anomaly: Tensor,
    settings: AttackSettings,
    guide: Score | None,
    budget: Budget,
) -> tuple[Callable[..., dict[str, Tensor]], Tensor]:
    """What gives the columns of a block of images, and a trace of all images, nothing done yet."""
    counted = budget.counting(score)
    if settings.kind == FAB:
        threshold = operating_threshold(clean, is_anomaly, settings)  # by the normal ones of all test images
        empty = torch.full((len(clean), settings.restarts, 1), torch.nan)
        return partial(cross_threshold, counted, settings=settings, threshold=threshold), empty
    counted_guide = None if guide is None else budget.counting(guide)

    def attack_block(**block: Any) -> dict[str, Tensor]:
        found = attack(counted, settings=settings, guide=counted_guide, **block)
        return {"clean": found.clean, "attacked": found.attacked}

    return attack_block, empty_trace(len(clean), settings)


def _are_others(saved: Tensor, clean: Tensor, again: Callable[[], Tensor]) -> bool:
    """Whether the saved clean scores are those of another detector; then the log says so.

    Scores that change by themselves, which `again` shows, say nothing of it: gate 6 judges them.
    """
    apart = _apart(saved, clean)
    if apart <= SAME or apart <= BY_ITSELF * _apart(again(), clean):
        return False
    print(
        f"what was saved is of other scores (clean ones differ by {apart:.2g} of their range): the detector "
        "changed, or is made anew at each start: begun anew",
        file=sys.stderr,
    )
    return True


def _apart(scores: Tensor, others: Tensor) -> float:
    """The largest difference, relative to the range of `others`, or to their size where there is one."""
    others = others.cpu()
    extent = others.max() - others.min() if len(others) > 1 else others.abs().max()
    return float((scores.cpu() - others).abs().max() / extent.clamp(min=1e-30))


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
    one = partial(attack_test_images, score, test, seed=seed, block_size=block_size, guide=guide)
    return one_by_one(
        {
            ("clean", f"eps_{eps:g}"): partial(one, settings.model_copy(update={"eps": eps}))
            for eps in budgets
        },
        scratch,
    )


def one_by_one(attacks: Mapping[tuple[str, str], Callable[..., Evaluated]], scratch: Scratch) -> Evaluated:
    """The clean and attacked scores of each attack, in columns with the two names of its key. Each keeps its
    state in a part of `scratch`.
    """
    scratch.load()
    columns: dict[str, Tensor] = {}
    budget = Budget()
    for (clean, attacked), make in attacks.items():
        found = make(scratch=scratch.part(attacked))
        columns |= {clean: found.columns["clean"], attacked: found.columns["attacked"]}
        budget.add(found.budget)
        scratch.save({})  # its wall time, should the next attack be cut off
    return Evaluated(columns, budget)
