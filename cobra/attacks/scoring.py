"""The boundary to a detector that may not be ours: what a score is, and that it behaves like one."""

from collections.abc import Callable

import torch
from torch import Tensor

from cobra.errors import UserError

# Images [N, C, H, W] in [0, 1] -> scores [N], higher is more anomalous.
Score = Callable[[Tensor], Tensor]


def checked(score: Score, images: Tensor) -> Tensor:
    """The scores [N] of `images`; raises UserError if they have another shape or are not finite."""
    scores = score(images)
    if scores.shape != (len(images),):
        raise UserError(
            f"The score of {len(images)} images has the shape {tuple(scores.shape)} where "
            f"({len(images)},) is needed: return one number per image."
        )
    if not torch.isfinite(scores.detach()).all():
        raise UserError(
            "The score is not finite for some image: check the detector and that its images are in [0, 1]."
        )
    return scores


def check_images(images: Tensor) -> None:
    """Raise UserError unless `images` are float [N, C, H, W] in [0, 1]."""
    if images.ndim != 4 or not images.is_floating_point():
        raise UserError(f"Images must be float [N, C, H, W]; got {images.dtype} {tuple(images.shape)}.")
    if not ((images >= 0) & (images <= 1)).all():  # false for NaN, too
        raise UserError("Images must lie in [0, 1] and hold no NaN: divide 8-bit values by 255.")
