"""Hard transformations beside those of `cobra.crafting.hard`, one module each.

    transform(images, random, settings) -> images of the same shape and range

of float images [N, 3, H, W] in [0, 1] with a random stream each, and the section `hard` of the settings. They
are applied after the others, by the alphabet.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cobra.kinds import Kinds

if TYPE_CHECKING:
    from torch import Tensor

    from cobra.randomness import ImageRandom
    from cobra.settings.crafting import HardSettings

HARD = ("rotation", "cut_permute", "elastic", "cutpaste", "scar", "cutout")  # in cobra.crafting.hard
TRANSFORMATIONS = Kinds(__name__, Path(__file__).parent)


def names() -> list[str]:
    """All hard transformations that there are, in the order in which they are applied."""
    return [*HARD, *TRANSFORMATIONS.names()]


def transformation(name: str) -> "Callable[[Tensor, ImageRandom, HardSettings], Tensor]":
    """What a module makes of images."""
    found: Callable[[Tensor, ImageRandom, HardSettings], Tensor] = TRANSFORMATIONS.load(name).transform
    return found
