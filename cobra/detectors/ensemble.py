"""The released code's score: an image in each group of the training and in several augmentations, similarity
and logits.

For a test image x, x_ag its augmentation a as one of group g, z the projection head before it is normalised,
h the classifier, and m_gj, of length 1, the mean of z over the augmentations of training image j:

    score(x) = - mean_g ( max_j (mean_a z(x_ag)) . m_gj / L_g  +  mean_a h_g(x_ag) / H_g )

L_g is the mean over the training images of the length of mean_a z, H_g that of mean_a h_g (its size: ours,
for a negative one would turn the score over). As one of group g the image is

    rotations       augmented, then turned by g quarters (released code for low resolution)
    pseudo_anomaly  augmented: itself, and a copy that the detector's hard transformations craft anew for each
                    augmentation, without the filter (released code for MVTec AD, DAGM, Cityscapes)

Augmentations and what is crafted are the same for all images, from `cobra.randomness`, so that a score
depends on the image alone (released code: on its place in a batch, too).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from cobra.randomness import ImageRandom
from cobra.training.crafting.hard import compose
from cobra.training.crafting.mild import mild
from cobra.training.crafting.settings import CraftingSettings
from cobra.training.crafting.warp import turned
from cobra.training.networks.network import Network

FITTED = 10  # augmentations of the training images (released code)

Call = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Ensemble:
    """What the score needs of the normal training images, per group: `memory` [G, K, D], of length 1, and the
    means `length` [G] and `logit` [G]; and how an image becomes one of each group.
    """

    memory: Tensor
    length: Tensor
    logit: Tensor
    crafting: CraftingSettings

    @classmethod
    @torch.no_grad()
    def fit(cls, network: Network, pieces: Iterable[Tensor], crafting: CraftingSettings) -> "Ensemble":
        """From `pieces` of the training images [N, C, H, W] in [0, 1]."""
        found = [averaged(network, network.features, piece, crafting, FITTED) for piece in pieces]
        embeddings, logits = (torch.cat(parts, dim=1) for parts in zip(*found, strict=True))
        length = embeddings.norm(dim=2).mean(dim=1)
        return cls(F.normalize(embeddings, dim=2), length, logits.mean(dim=1).abs(), crafting)

    def state(self) -> dict[str, Tensor]:
        """What was fitted."""
        return {name: getattr(self, name) for name in ("memory", "length", "logit")}

    def score(
        self,
        network: Network,
        features: Call,
        images: Tensor,
        count: int,
        pool: Callable[[Tensor], Tensor],
    ) -> Tensor:
        """The scores [N] of images [N, C, H, W] in [0, 1] over `count` augmentations; `features` are the
        network's, in any precision, and `pool` makes of similarities [N, K] one per image.
        """
        embeddings, logits = averaged(network, features, images, self.crafting, count)
        with torch.autocast(images.device.type, enabled=False):
            each = zip(embeddings, self.memory, strict=True)
            similarity = torch.stack([pool(own @ memory.T) for own, memory in each])
            parts = similarity / self.length[:, None] + logits / self.logit[:, None]
            return -parts.mean(dim=0)


def averaged(
    network: Network, features: Call, images: Tensor, crafting: CraftingSettings, count: int
) -> tuple[Tensor, Tensor]:
    """Means over `count` augmentations: embeddings [G, N, D] and the logit of the group itself [G, N]."""
    found = features(augmented(images, crafting, count))
    with torch.autocast(images.device.type, enabled=False):
        shape = (count, crafting.count, len(images), -1)
        embeddings = network.projection(found).reshape(shape).mean(dim=0)
        logits = network.logits(found).reshape(shape).mean(dim=0)
    own = logits.diagonal(dim1=0, dim2=2).T  # of group g the logit g
    return embeddings, own


def augmented(images: Tensor, crafting: CraftingSettings, count: int) -> Tensor:
    """[count x G x N, C, H, W]: per augmentation and group, the images."""
    with torch.autocast(images.device.type, enabled=False):  # bf16 leaves too few digits for colours
        return torch.cat([_groups(images, crafting, number) for number in range(count)])


def _groups(images: Tensor, crafting: CraftingSettings, number: int) -> Tensor:
    """One augmentation of the images, group by group: [G x N, C, H, W]."""

    def stream(purpose: int | str) -> ImageRandom:
        return ImageRandom.of(0, same, "ensemble", number, purpose)

    same = torch.zeros(len(images), dtype=torch.int64, device=images.device)
    rows = ImageRandom.cat([stream(group) for group in range(crafting.count)])
    if crafting.groups == "rotations":
        return turned(mild(images.repeat(crafting.count, 1, 1, 1), rows, crafting.mild))
    crafted = compose(images, stream("crafted"), crafting.hard)
    return mild(torch.cat([images, crafted]), rows, crafting.mild)
