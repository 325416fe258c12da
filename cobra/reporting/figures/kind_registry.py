"""The registry of kinds of figures: what each is made from and which settings it takes."""

from pathlib import Path

from cobra.registry import Registry

FIGURES = Registry("cobra.reporting.figures.kinds", Path(__file__).parent / "kinds")


def made_of(kind: str) -> str:
    """What a kind of figure is made from."""
    return FIGURES.constant(kind, "MADE_OF")


def needs(kind: str) -> tuple[str, ...]:
    """The settings that it must have."""
    return tuple(FIGURES.constant(kind, "NEEDS"))


def may(kind: str) -> tuple[str, ...]:
    """The settings that it may have besides."""
    return tuple(FIGURES.constant(kind, "MAY", ()))


def pictures() -> dict[str, int]:
    """The kinds made from images, and how many of them each shows by default."""
    found = [kind for kind in FIGURES.names() if made_of(kind) == "pictures"]
    return {kind: int(FIGURES.constant(kind, "IMAGES")) for kind in found}


def caption(kind: str, attack: str | None, sweep: str | None) -> str:
    """What the report says of a figure."""
    text: str = FIGURES.constant(kind, "CAPTION")
    return text.strip().format(attack=attack, sweep=sweep)
