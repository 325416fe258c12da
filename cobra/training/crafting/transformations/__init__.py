"""Hard transformations beside those of `cobra.training.crafting.hard`, one module each.

    transform(images, random, settings) -> images of the same shape and range

of float images [N, 3, H, W] in [0, 1] with a random stream each, and the section `hard` of the settings. They
are applied after the others, by the alphabet.
"""

from pathlib import Path

from cobra.registry import Registry

HARD = (  # in cobra.training.crafting.hard
    "rotation", "cut_permute", "elastic", "cutpaste", "scar", "cutout",
    "cut_permute_released", "scar_released", "cutout_released",
)  # fmt: skip
TRANSFORMATIONS = Registry(__name__, Path(__file__).parent)


def names() -> list[str]:
    """All hard transformations that there are, in the order in which they are applied."""
    return [*HARD, *TRANSFORMATIONS.names()]
