"""Strategies of attack, one module each, found by its name; what may be asked of each is read from its text.

A strategy's `run(restart)` makes one restart on a batch of images. It returns the signed scores
[N, steps + 1] of its start and of all that it tried after it. Its TRAITS say what may be asked of it:

    gradient   it follows the score's gradient: white-box to the gates, and source and objective may be set
    l2         it keeps to the restart's ball, of whichever norm
    step_size  it climbs by the restart's step size: step_ratios, precision and keep may be set
    stop       its restarts do not depend on each other, so that images may be spared some
"""

from pathlib import Path

from cobra.errors import UserError
from cobra.registry import Registry

STRATEGIES = Registry("cobra.attacks.strategies", Path(__file__).parent)
FAB = "fab"  # follows a threshold, not a score alone: cobra.attacks.fab
KNOWN = {"gradient", "l2", "step_size", "stop"}


def kinds() -> list[str]:
    """All attacks that there are: the strategies, and FAB."""
    return [*STRATEGIES.names(), FAB]


def summaries() -> str:
    """What each of them is, in a sentence."""
    lines = [f"{kind}: {STRATEGIES.summary(kind)}" for kind in STRATEGIES.names()]
    return "; ".join([*lines, f"{FAB}: least change that crosses a threshold (accuracy, no AUROC)."])


def traits(kind: str) -> frozenset[str]:
    """What may be asked of an attack; raises UserError if its module says nothing, or what nobody knows."""
    if kind == FAB:
        return frozenset({"gradient"})
    found = frozenset(STRATEGIES.constant(kind, "TRAITS"))
    if found - KNOWN:
        raise UserError(
            f"{STRATEGIES.module(kind)}.TRAITS names {', '.join(sorted(found - KNOWN))}: use "
            f"{', '.join(sorted(KNOWN))}."
        )
    return found


def having(trait: str) -> list[str]:
    """The attacks that have a trait."""
    return [kind for kind in kinds() if trait in traits(kind)]
