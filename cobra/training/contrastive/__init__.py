"""Contrastive losses that are no members of the family of `cobra.training.losses`, one module each.

    loss(embeddings, blocks, temperature, groups) -> the mean over rows, a scalar

embeddings are l2-normalised [groups x B x blocks, D] in float32, in the order that `cobra.training.losses`
tells; its masks may be used.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cobra.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor

FAMILY = (
    "cl",
    "supcl",
    "opposite",
    "cobra",
    "normals",
    "cobra_normals",
    "cl_mean",
    "cobra_mean",
)  # in cobra.training.losses
LOSSES = Registry(__name__, Path(__file__).parent)


def names() -> list[str]:
    """All contrastive losses that there are: the family, and one a module."""
    return [*FAMILY, *LOSSES.names()]


def loss_of(name: str) -> "Callable[[Tensor, int, float, int], Tensor]":
    """The loss of a module."""
    found: Callable[[Tensor, int, float, int], Tensor] = LOSSES.load(name).loss
    return found
