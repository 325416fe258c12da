"""Gates 6 and 7 on a few images of a user's score, before hours of attacks."""

import sys
from collections.abc import Iterator

import torch
from torch import Tensor

from cobra.attacks.batching import steady
from cobra.detectors.scoring import Score
from cobra.gates.score_soundness import ALONE, by_company, by_itself


def warn_of(name: str, score: Score, training: Tensor) -> None:
    """Tell the log."""
    for warning in warnings_of(name, score, training):
        print(f"warning: {warning}", file=sys.stderr)


@torch.no_grad()
def warnings_of(name: str, score: Score, training: Tensor) -> Iterator[str]:
    """A sentence if the score called `name` keeps state or draws, and if it looks at the batch.

    Asked of training images and of their negatives: a detector knows the former by heart, and scores of
    about 0 are all rounding.
    """
    images = torch.cat([training, 1 - training])
    score = steady(score)
    first = score(images)
    difference = by_itself(score, images, first)
    if difference != 0:  # NaN, too
        yield (
            f"{name} scores the same images otherwise the second time (by up to {difference:.2g}), so it "
            "draws random numbers or keeps state between calls, and gate 6 will fail: make it a function of "
            "the images alone."
        )
        return
    apart = by_company(score, images)
    if not apart <= ALONE:
        yield (
            f"{name} scores images otherwise alone than in a batch (by {apart:.2g} of the largest score), so "
            "gate 7 will fail: score each image by itself, with batch norm in evaluation mode."
        )
