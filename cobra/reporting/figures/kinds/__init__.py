"""Kinds of figures, one module each, which says in constants what it is made from and what settings it takes.

    MADE_OF   scores, sweep, history, geometry: files of results of each detector shown; tables: their csv;
              pictures: prepared images and detectors
    NEEDS     the settings that say what it shows
    MAY       those that it may have besides; left out: none
    IMAGES    of pictures, how many are shown unless said
    CAPTION   what to see in it, reST of the report; {attack} and {sweep} are those shown

Of results or tables `collect(settings, pattern)` makes a frame from the files, whose path has {dataset},
{normal} ... in it, and `draw(frame, settings)` a figure. Of pictures `collect(settings, files)` makes what
`numbers` (a frame) and `draw` take.
"""

from pathlib import Path

from cobra.kinds import Kinds

FIGURES = Kinds(__name__, Path(__file__).parent)


def made_of(kind: str) -> str:
    """What a kind of figure is made from."""
    found: str = FIGURES.constant(kind, "MADE_OF")
    return found


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
