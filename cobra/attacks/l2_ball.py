"""The l2 ball: images whose change, taken as one vector, is no longer than eps."""

from dataclasses import dataclass

import torch
from torch import Tensor

from cobra.randomness import ImageRandom

TINY = 1e-12  # keeps a zero gradient from dividing by zero: it moves nothing


def length(vectors: Tensor) -> Tensor:
    """The l2 norm per image, [N, 1, 1, 1]."""
    return torch.linalg.vector_norm(vectors, dim=(1, 2, 3), keepdim=True)


@dataclass(frozen=True)
class L2Ball:
    """Images within eps of `images` in l2 and within [0, 1], up to the rounding of float32."""

    images: Tensor
    eps: float

    def project(self, images: Tensor) -> Tensor:
        """The change shortened to eps, then clipped to [0, 1], which shortens it more (Croce, Hein 2020)."""
        change = images - self.images
        shorter = (self.eps / length(change).clamp(min=TINY)).clamp(max=1)
        return (self.images + change * shorter).clamp(0, 1)

    def random_start(self, random: ImageRandom) -> Tensor:
        """Uniform in the ball, projected: a random direction, a length of eps u^(1/D)."""
        direction = random.child("direction").normal(*self.images.shape[1:])
        pixels = self.images[0].numel()
        reach = self.eps * random.child("length").uniform(1, 1, 1) ** (1 / pixels)
        return self.project(self.images + reach * direction / length(direction).clamp(min=TINY))

    def steepest(self, gradient: Tensor) -> Tensor:
        """The gradient at length 1."""
        scaled = gradient / gradient.abs().amax(dim=(1, 2, 3), keepdim=True).clamp(min=1e-37)
        return scaled / length(scaled).clamp(min=TINY)  # squares of a very small or large one leave float32
