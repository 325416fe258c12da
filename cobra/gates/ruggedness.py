"""A gate on the score's landscape: is one gradient representative of those nearby?

Where a score is rugged, its gradient is true, as finite differences confirm, and useless: it follows a
ripple that a step of the attack jumps over. Whoever averages over nearby points finds the slope beneath (so
Tramer et al. 2020 broke k-WTA, whose gradients are true, too).
"""

import torch
from torch import Tensor

from cobra.attacks.settings import AttackSettings
from cobra.detectors.scoring import Score
from cobra.gates.evidence import Evidence
from cobra.gates.score_soundness import probe_images, probe_rows
from cobra.gates.verdict import Judgement, decide, not_applicable
from cobra.randomness import ImageRandom

POINTS = 8  # nearby, of which each gradient is held against the one asked about
NEAR = 1 / 4  # of the attack's eps: how far off they are in each pixel
# Of the slope nearby, what a step along one gradient takes at least. Were gradients a slope and normal
# noise, a step along one of them would gain the root of this, a half, of what one along their mean would.
SHARED = 0.25


def gradient_is_representative(evidence: Evidence) -> Judgement:
    """11: a step along the sign of a gradient takes, at points nearby, at least a quarter of the slope there
    (its l1 norm, which a step along its own sign takes): the median over the images of the mean over points.

    The gradient is taken at a random point of the attack's ball.
    """
    if not evidence.parts:
        return not_applicable("the figure rests on no attack")
    images = probe_images(evidence)
    reach = min(_reach(part.settings, images) for part in evidence.parts.values())
    random = ImageRandom.of(0, evidence.images.ids[probe_rows(evidence)], "gate 11")
    points = _nearby(images, random, reach)
    gradient = _gradient(evidence.score, points)
    if gradient is None:
        return not_applicable("the score has no gradient")
    alive = _steepness(gradient) > 0
    if not alive.any():
        return not_applicable("every gradient is zero or not finite")
    around = (_nearby(points, random.child(number), NEAR * reach) for number in range(POINTS))
    shares = [_share_taken(evidence.score, gradient.sign(), each) for each in around]
    share = float(torch.stack(shares).mean(dim=0)[alive].median())
    said = f"a step along one gradient takes {round(100 * share)} % of the slope nearby"
    return decide(share >= SHARED, share, said)


def _reach(settings: AttackSettings, images: Tensor) -> float:
    """The change of each pixel, if all change alike, that an attack's eps allows."""
    eps = settings.eps or 0.0
    return eps if settings.norm == "linf" else eps / images[0].numel() ** 0.5


def _nearby(points: Tensor, random: ImageRandom, far: float) -> Tensor:
    """Images whose pixels lie at most `far` from those of `points` [N, C, H, W], reflected at 0 and 1: were
    they clamped there, many would lie at the same place.
    """
    moved = (points + random.uniform(*points.shape[1:], low=-far, high=far)).abs()
    return 1 - (1 - moved).abs()


def _gradient(score: Score, points: Tensor) -> Tensor | None:
    """The gradients at `points`, zero where they are not finite; None if the score has none."""
    asked = points.clone().requires_grad_()
    scores = score(asked)
    if not scores.requires_grad:
        return None
    (gradient,) = torch.autograd.grad(scores.sum(), asked)
    finite = gradient.isfinite().all(dim=(1, 2, 3), keepdim=True)
    return torch.where(finite, gradient, 0)


def _share_taken(score: Score, step: Tensor, points: Tensor) -> Tensor:
    """Per image [N] the slope at `points` along `step`, of the steepest along any; 0 where there is none."""
    gradient = _gradient(score, points)
    if gradient is None:
        return torch.zeros(len(points), device=points.device)
    return (step * gradient).sum(dim=(1, 2, 3)) / _steepness(gradient).clamp(min=1e-30)


def _steepness(gradient: Tensor) -> Tensor:
    """The slope [N] along the gradient's sign: its l1 norm."""
    return gradient.abs().sum(dim=(1, 2, 3))
