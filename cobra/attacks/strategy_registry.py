"""The attacks that there are, by name, and what may be asked of each; read from the text of its module."""

from pathlib import Path

from cobra.errors import UserError
from cobra.registry import Registry

STRATEGIES = Registry("cobra.attacks.strategies", Path(__file__).parent / "strategies")
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
