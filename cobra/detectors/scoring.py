"""What a score is, the boundary to detectors that may not be ours, and clean scores of a test set."""

from collections.abc import Callable

import pyarrow as pa
import torch
from torch import Tensor

from cobra.data.one_class import TestImages, as_unit
from cobra.errors import UserError

# Images [N, C, H, W] in [0, 1] -> scores [N], higher is more anomalous.
Score = Callable[[Tensor], Tensor]


def checked(score: Score, images: Tensor) -> Tensor:
    """The scores float32 [N] of `images`; raises UserError if they have another shape or are not finite."""
    scores = shaped(score, images)
    require_finite(scores)
    return scores


def shaped(score: Score, images: Tensor) -> Tensor:
    """The scores float32 [N] of `images`; raises UserError if they have another shape."""
    scores = score(images)
    if not isinstance(scores, Tensor):
        raise UserError(
            f"The score gives a {type(scores).__name__} where a tensor [N] is needed: return one."
        )
    if scores.is_complex() or scores.layout != torch.strided:
        raise UserError("The score gives complex numbers or a sparse tensor: return a dense one, real.")
    if scores.shape != (len(images),):
        raise UserError(
            f"The score of {len(images)} images has the shape {tuple(scores.shape)} where "
            f"({len(images)},) is needed: return one number per image."
        )
    return scores.float()


def require_finite(scores: Tensor) -> None:
    """Raise UserError unless all are; a GPU is waited for."""
    if not torch.isfinite(scores.detach()).all():
        raise UserError("The score is not finite for some image: check the detector and its training log.")


def check_images(images: Tensor) -> None:
    """Raise UserError unless `images` are float [N, C, H, W] in [0, 1], one at least."""
    require_images(len(images))
    if images.ndim != 4 or not images.is_floating_point():
        raise UserError(f"Images must be float [N, C, H, W]; got {images.dtype} {tuple(images.shape)}.")
    if not ((images >= 0) & (images <= 1)).all():  # false for NaN, too
        raise UserError("Images must lie in [0, 1] and hold no NaN: divide 8-bit values by 255.")


@torch.no_grad()
def clean_scores(score: Score, test: TestImages, block_size: int) -> Tensor:
    """The scores [N] of the unperturbed test images."""
    require_images(len(test.images))
    blocks = test.images.pixels.split(block_size)
    return torch.cat([checked(score, as_unit(block)) for block in blocks])


def require_images(count: int) -> None:
    """Raise UserError if there are none."""
    if count == 0:
        raise UserError("There are no images to score: check the data and the test subset.")


def require_distinct(scores: Tensor) -> None:
    """Raise UserError if all of several images have the same score, which ranks nothing."""
    if len(scores) > 1 and bool((scores == scores[0]).all()):
        raise UserError(
            f"The score is {float(scores[0]):g} for each of {len(scores)} test images: check the detector, "
            "a constant tells nothing apart."
        )


def score_table(test: TestImages, columns: dict[str, Tensor]) -> pa.Table:
    """A score file's content: image_id, is_anomaly, class_name and the given `columns`, a row per image."""
    own = {
        "image_id": test.images.ids.cpu().numpy(),
        "is_anomaly": test.is_anomaly.cpu().numpy(),
        "class_name": test.class_names,
    }
    return pa.table(own | {name: each.detach().cpu().float().numpy() for name, each in columns.items()})
