"""A detector that is not ours: the distance to the nearest normal training image, pixel by pixel.

All that `cobra attack --fit docs.examples.pixel_neighbours:fit` and an entry `detectors:` ask for is a
function from the normal training images to a score; a detector that needs no training images, or
brings its own weights, offers the score itself (`--score package.module:function`).
"""

from collections.abc import Callable

import torch
from torch import Tensor


def fit(training: Tensor) -> Callable[[Tensor], Tensor]:
    """The score of a detector of training images [N, 3, H, W] in [0, 1]."""
    memory = training.flatten(1)

    def score(images: Tensor) -> Tensor:
        """Images [N, 3, H, W] in [0, 1] to scores [N], higher meaning more anomalous; differentiable."""
        exact = "donot_use_mm_for_euclid_dist"  # the quick way rounds short distances away
        return torch.cdist(images.flatten(1), memory, compute_mode=exact).amin(dim=1)

    return score
