"""Strategies of attack, one module each: `restart(attempt)` makes one restart on a batch of images.

It returns the signed scores [N, steps + 1] of its start and of all that it tried after it. TRAITS says what
may be asked of the strategy:

    gradient   it follows the score's gradient: white-box to the gates, and source and objective may be set
    l2         it keeps to the attempt's ball, of whichever norm
    step_size  it climbs by the attempt's step size: step_ratios, precision and keep may be set
    stop       its restarts do not depend on each other, so that images may be spared some
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cobra.errors import UserError
from cobra.kinds import Kinds

if TYPE_CHECKING:
    from torch import Tensor

    from cobra.attacks.attempt import Attempt

STRATEGIES = Kinds(__name__, Path(__file__).parent)
FAB = "fab"  # follows a threshold, not a score alone: cobra.attacks.threshold
KNOWN = {"gradient", "l2", "step_size", "stop"}


def kinds() -> list[str]:
    """All attacks that there are: the strategies, and FAB."""
    return [*STRATEGIES.names(), FAB]


def summaries() -> str:
    """What each of them is, in a sentence."""
    told = [f"{kind}: {STRATEGIES.summary(kind)}" for kind in STRATEGIES.names()]
    return "; ".join([*told, f"{FAB}: least change that crosses a threshold (accuracy, no AUROC)."])


def traits(kind: str) -> frozenset[str]:
    """What may be asked of an attack; raises UserError if its module says nothing, or what nobody knows."""
    if kind == FAB:
        return frozenset({"gradient"})
    said = frozenset(STRATEGIES.constant(kind, "TRAITS"))
    if said - KNOWN:
        raise UserError(
            f"{STRATEGIES.module(kind)}.TRAITS names {', '.join(sorted(said - KNOWN))}: use "
            f"{', '.join(sorted(KNOWN))}."
        )
    return said


def having(trait: str) -> list[str]:
    """The attacks of which a trait is said."""
    return [kind for kind in kinds() if trait in traits(kind)]


def strategy(kind: str) -> "Callable[[Attempt], Tensor]":
    """What makes a restart; raises UserError if there is no such strategy."""
    if kind not in STRATEGIES.names():
        names = ", ".join(STRATEGIES.names())
        raise UserError(f"The attack {kind} gives no scores: choose among {names}.")
    found: Callable[[Attempt], Tensor] = STRATEGIES.load(kind).restart
    return found
