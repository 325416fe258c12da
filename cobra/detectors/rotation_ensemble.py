"""The released code's score: each image in four rotations and several augmentations, similarity and logits.

For a test image x, its augmentation a turned by r quarters, x_ar, g the projection head before it is
normalised, h the classifier, and m_rj, of length 1, the mean of g over the augmentations of training image j:

    score(x) = - mean_r ( max_j (mean_a g(x_ar)) . m_rj / G_r  +  mean_a h_r(x_ar) / H_r )

G_r is the mean over the training images of the length of mean_a g, H_r that of mean_a h_r (its size: ours,
for a negative one would turn the score over). The augmentations are the same for all images, from
`cobra.randomness`, so that a score depends on the image alone (released code: on its place in a batch, too).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from cobra.randomness import ImageRandom
from cobra.training.crafting.mild import mild
from cobra.training.crafting.settings import ROTATIONS, MildSettings
from cobra.training.crafting.warp import turned
from cobra.training.networks.network import Network

FITTED = 10  # augmentations of the training images (released code)

Call = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Rotations:
    """What the score needs of the normal training images, per rotation: `memory` [4, K, D], of length 1, and
    the means `length` [4] and `logit` [4]; and the augmentations.
    """

    memory: Tensor
    length: Tensor
    logit: Tensor
    mild: MildSettings

    @classmethod
    @torch.no_grad()
    def fit(cls, network: Network, pieces: Iterable[Tensor], settings: MildSettings) -> "Rotations":
        """From `pieces` of the training images [N, C, H, W] in [0, 1]."""
        found = [averaged(network, network.features, piece, settings, FITTED) for piece in pieces]
        embeddings, logits = (torch.cat(parts, dim=1) for parts in zip(*found, strict=True))
        length = embeddings.norm(dim=2).mean(dim=1)
        return cls(F.normalize(embeddings, dim=2), length, logits.mean(dim=1).abs(), settings)

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
        embeddings, logits = averaged(network, features, images, self.mild, count)
        with torch.autocast(images.device.type, enabled=False):
            each = zip(embeddings, self.memory, strict=True)
            similarity = torch.stack([pool(own @ memory.T) for own, memory in each])
            parts = similarity / self.length[:, None] + logits / self.logit[:, None]
            return -parts.mean(dim=0)


def averaged(
    network: Network, features: Call, images: Tensor, settings: MildSettings, count: int
) -> tuple[Tensor, Tensor]:
    """Means over `count` augmentations: embeddings [4, N, D] and the logit of the rotation itself [4, N]."""
    found = features(augmented(images, settings, count))
    with torch.autocast(images.device.type, enabled=False):
        shape = (count, ROTATIONS, len(images), -1)
        embeddings = network.projection(found).reshape(shape).mean(dim=0)
        logits = network.logits(found).reshape(shape).mean(dim=0)
    own = logits.diagonal(dim1=0, dim2=2).T  # of rotation r the logit r
    return embeddings, own


def augmented(images: Tensor, settings: MildSettings, count: int) -> Tensor:
    """[count x 4 x N, C, H, W]: per augmentation and rotation, the images."""
    same = torch.zeros(len(images), dtype=torch.int64, device=images.device)
    views = []
    with torch.autocast(images.device.type, enabled=False):  # bf16 leaves too few digits for colours
        for number in range(count):
            streams = [ImageRandom.of(0, same, "ensemble", number, rotation) for rotation in range(ROTATIONS)]
            views.append(turned(mild(images.repeat(ROTATIONS, 1, 1, 1), ImageRandom.cat(streams), settings)))
    return torch.cat(views)
