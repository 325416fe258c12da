"""The shifted instances of CSI: each image in four turns, what a network sees of them, and their weights."""

from collections.abc import Sequence

import torch
from torch import Tensor

from cobra.errors import UserError
from cobra.randomness import ImageRandom
from cobra.training.crafting.mild import mild
from cobra.training.crafting.settings import ROTATIONS, MildSettings
from cobra.training.networks.network import Network

SHIFTS = ROTATIONS  # by 0, 90, 180 and 270 degrees


def shifted(images: Tensor) -> Tensor:
    """Images [N, 3, H, W] in [0, 1] in each turn, one turn after another: [4 x N, 3, H, W] in [-1, 1], as
    CSI's network takes them.
    """
    return _turned([images] * SHIFTS)


def shifted_view(images: Tensor, random: ImageRandom, settings: MildSettings) -> Tensor:
    """A view of each image in each turn, each augmented anew: [4 x N, 3, H, W] in [-1, 1].

    Turned after its augmentation, where the released code flips, turns, then changes colours and crops: the
    same in distribution, since colours do not depend on the turn and a crop may as well lie as stand.
    """
    return _turned([mild(images, random.child("turn", turns), settings) for turns in range(SHIFTS)])


def _turned(groups: Sequence[Tensor]) -> Tensor:
    quarters = [torch.rot90(group, turns, (2, 3)) for turns, group in enumerate(groups)]
    return 2 * torch.cat(quarters) - 1


def seen(network: Network, turned: Tensor) -> tuple[Tensor, Tensor]:
    """Of images turned by `shifted` the projections [4, N, D], not normalised, and the logits of the turn
    that each has [4, N].
    """
    features = network.features(turned)
    projections = network.projection(features).unflatten(0, (SHIFTS, -1))
    logits = network.logits(features).unflatten(0, (SHIFTS, -1))
    return projections, torch.stack([logits[turns, :, turns] for turns in range(SHIFTS)])


def balance(projections: Tensor, logits: Tensor) -> Tensor:
    """The weights lambda [2, 4] of similarities and logits: one over their mean over the training images, of
    each turn (Tack et al. 2020, section 2.3). A training image is the one nearest to itself, so its
    similarity is its norm.

    Raises UserError if a mean logit is not above 0: its share of the score would change sign.
    """
    means = torch.stack([projections.norm(dim=2).mean(dim=1), logits.mean(dim=1)])
    if not (means > 0).all():
        raise UserError(
            f"The classifier of turns has mean logits {[round(float(mean), 3) for mean in means[1]]} of the "
            "right turn on the training images, where all must be above 0: set a longer baseline.training."
        )
    return 1 / means
