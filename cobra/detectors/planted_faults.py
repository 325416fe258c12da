"""Planted faults that make a detector look robust by hiding its gradient, not by bearing the attack.

They are test subjects: whoever trusts the gates (cobra.gates) wants to see them find these. Each takes a
detector and gives the score of the same detector with the fault in it (Athalye et al. 2018 and Tramer et
al. 2020 tell of real defences of each sort). Ours.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from cobra.detectors.detector import Detector
from cobra.detectors.scoring import Score

LEVELS = 16  # of a quantised pixel
STEEPNESS = 1000.0  # of the saturated sigmoid
JITTER = 0.05  # standard deviation of the randomised score
LEAK = 1e-3  # of the stopped score: what is left of a gradient, along the mean pixel
GRID = 50  # similarities per unit that a tied score tells apart
RIPPLE = 0.06  # height of the rugged score's ripple
WAVES = 1000.0  # radians of it per unit of brightness


def quantised(detector: Detector) -> Score:
    """The input is rounded to 16 levels first: the gradient is 0 wherever there is one."""
    return lambda images: detector.score((images * (LEVELS - 1)).round() / (LEVELS - 1))


def saturated(detector: Detector) -> Score:
    """A sigmoid so steep about -0.5 that it is flat in float32 nearly everywhere."""
    return lambda images: torch.sigmoid(STEEPNESS * (detector.score(images) + 0.5))


def randomised(detector: Detector) -> Score:
    """Noise on the score, other each time."""

    def score(images: Tensor) -> Tensor:
        scores = detector.score(images)
        return scores + JITTER * torch.randn_like(scores)

    return score


def stopped(detector: Detector) -> Score:
    """The score is cut off from the graph; what gradient there is comes from a negligible other term."""
    return lambda images: detector.score(images.detach()) + LEAK * images.mean(dim=(1, 2, 3))


def tied(detector: Detector) -> Score:
    """Similarities on a coarse grid, so that many neighbours tie and the first of them takes the gradient."""

    def first_of_ties(similarities: Tensor) -> Tensor:
        coarse = (similarities * GRID).round() / GRID
        chosen = coarse.detach().argmax(dim=1, keepdim=True)
        followed = similarities.gather(1, chosen)
        return (followed + (coarse.gather(1, chosen) - followed).detach())[:, 0]

    return lambda images: detector.pooled(images, first_of_ties)


def rugged(detector: Detector) -> Score:
    """A low ripple over every pixel, so short that the gradient is true, and the ripple's."""
    return lambda images: detector.score(images) + RIPPLE * (WAVES * images).sin().mean(dim=(1, 2, 3))


MASKERS: dict[str, Callable[[Detector], Score]] = {
    fault.__name__: fault for fault in (quantised, saturated, randomised, stopped, tied, rugged)
}
