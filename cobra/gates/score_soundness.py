"""Gates on the score itself, by cheap probes: is its gradient true, does it repeat, is the budget kept?

Two of them are also asked of a user's score before hours of attacks (`warn_of`).
"""

import inspect
import sys
from collections.abc import Iterator

import torch
from torch import Tensor

from cobra.attacks.attack import attack
from cobra.attacks.batching import steady
from cobra.data.one_class import as_unit
from cobra.detectors.scoring import Score
from cobra.gates.evidence import Evidence
from cobra.gates.verdict import Judgement, decide, not_applicable
from cobra.randomness import ImageRandom

PROBES = 64  # images at most
STEPS = (1e-2, 1e-3, 1e-4)  # of finite differences: the best counts, for each score has a scale of its own
CLOSE = 1e-4  # scores spread over less of their size leave float32 a thousand steps
DEAD = 1.0  # % of images whose gradient may be zero or not finite
UNTRUE = 0.05  # median relative error of the gradient against finite differences
ROUNDING = 1e-5  # relative to the largest score: what another order of a batch may change
ALONE = 1e-3  # the same for an image on its own, which other kernels compute
BUDGET_STEPS = 5


def gradient_is_true(evidence: Evidence) -> Judgement:
    """4: hardly a gradient is zero or not finite, and autograd agrees with finite differences.

    Along the gradient's sign, with central differences at points drawn near the images: the slope is the
    gradient's l1 norm.
    """
    images = probe_images(evidence)
    random = ImageRandom.of(0, evidence.images.ids[probe_rows(evidence)], "gate 4")
    points = (images + random.uniform(*images.shape[1:], low=-0.02, high=0.02)).clamp(0, 1)
    asked = points.clone().requires_grad_()
    scores = evidence.score(asked)
    if not scores.requires_grad:
        return not_applicable("the score has no gradient")
    (gradient,) = torch.autograd.grad(scores.sum(), asked)
    slope = gradient.abs().sum(dim=(1, 2, 3))
    dead = (slope == 0) | ~slope.isfinite()
    share = 100 * float(dead.float().mean())
    if share > DEAD:
        return decide(False, share, f"{share:.0f} % of the gradients are zero or not finite")
    errors = _relative_errors(evidence.score, points, gradient.sign(), slope)[~dead]
    error = float(errors.median())
    said = f"median relative error of the gradient {error:.2g}, {share:.0f} % zero or not finite"
    return decide(error <= UNTRUE, error, said)


@torch.no_grad()
def _relative_errors(score: Score, points: Tensor, way: Tensor, slope: Tensor) -> Tensor:
    """Per image the least error over the step sizes of the slope along `way`."""
    errors = []
    for step in STEPS:
        rise = (score(points + step * way) - score(points - step * way)) / (2 * step)
        scale = torch.maximum(rise.abs(), slope.abs()).clamp(min=1e-30)
        errors.append((rise - slope).abs() / scale)
    return torch.stack(errors).amin(dim=0)


@torch.no_grad()
def scores_repeat(evidence: Evidence) -> Judgement:
    """6: the same images have the same scores twice, to the bit, and in another order."""
    images = probe_images(evidence)
    first = evidence.score(images)
    difference = difference_on_repeat(evidence.score, images, first)
    if difference != 0:  # NaN, too
        return decide(False, difference, f"scored twice, the scores differ by up to {difference:.2g}")
    order = torch.arange(len(images) - 1, -1, -1, device=images.device)
    mixed = evidence.score(images[order])[order]
    moved = float(((mixed - first).abs().max()) / first.abs().max().clamp(min=1e-30))
    return decide(
        moved <= ROUNDING, moved, f"in another order the scores differ by {moved:.2g} of the largest"
    )


def keeps_the_budget(evidence: Evidence) -> Judgement:
    """7: what attacks show the score is within eps and [0, 1], and an image's score does not depend on
    the others in its batch, as it would were batch norm left in training mode.
    """
    score, images = evidence.score, probe_images(evidence)
    if any(module.training for module in _modules(score)):
        return decide(False, 1.0, "a part of the network is in training mode")
    apart = difference_alone(score, images)
    if not apart <= ALONE:  # NaN, too
        return decide(False, apart, f"alone, images score otherwise by {apart:.2g} of the largest score")
    excess = max((_excess(evidence, score, name) for name in evidence.parts), default=None)
    if excess is None:
        return not_applicable("the figure rests on no attack")
    if excess > 0:
        return decide(False, excess, f"a change leaves the budget or [0, 1] by {excess:.2g}")
    return decide(True, excess, "no change leaves the budget or [0, 1]")


@torch.no_grad()
def difference_on_repeat(score: Score, images: Tensor, first: Tensor) -> float:
    """By how much the scores of `images`, which were `first`, differ when asked for again."""
    second = score(images)
    return 0.0 if torch.equal(first, second) else float((first - second).abs().max())


@torch.no_grad()
def difference_alone(score: Score, images: Tensor) -> float:
    """By how much of the largest score images alone score otherwise than together."""
    together = score(images)
    alone = torch.cat([score(image[None]) for image in images[:8]])
    return float((alone - together[:8]).abs().max() / together.abs().max().clamp(min=1e-30))


def _excess(evidence: Evidence, score: Score, name: str) -> float:
    """By how much what attack `name` shows the score leaves the ball or [0, 1], in a few steps."""
    settings = evidence.parts[name].settings
    whole = {"source": None, "objective": "score", "target": "both", "steps": BUDGET_STEPS, "restarts": 1}
    settings = settings.model_copy(update=whole)
    rows = probe_rows(evidence)[:16]
    images = as_unit(evidence.images.pixels[rows])
    is_anomaly = torch.from_numpy(evidence.is_anomaly)[rows].to(images.device)
    limits = _Limits(score, images, settings.eps or 0.0, settings.norm)
    attack(limits, images, is_anomaly, settings, image_ids=evidence.images.ids[rows], seed=0)
    return limits.excess


class _Limits:
    """A score that notes by how much what it is shown leaves the ball around `images` or [0, 1]."""

    def __init__(self, score: Score, images: Tensor, eps: float, norm: str) -> None:
        self.score, self.images, self.eps = score, images.double(), eps
        self.order = 2 if norm == "l2" else torch.inf
        self.slack = 1e-5 if norm == "l2" else 0.0  # a sum's rounding; l-inf is exact
        self.excess = -torch.inf

    def __call__(self, images: Tensor) -> Tensor:
        shown = images.detach().double()
        if len(shown) == len(self.images):  # not so for those few that a3 starts in another way
            lengths = torch.linalg.vector_norm(shown - self.images, self.order, dim=(1, 2, 3))
            beyond = float(lengths.max()) - self.eps - self.slack
            self.excess = max(self.excess, beyond, float(-shown.min()), float(shown.max() - 1))
        return self.score(images)


def probe_images(evidence: Evidence) -> Tensor:
    """The images to probe the score with, in [0, 1]."""
    return as_unit(evidence.images.pixels[probe_rows(evidence)])


def probe_rows(evidence: Evidence) -> Tensor:
    """Up to PROBES places, spread evenly over the test images."""
    count = min(PROBES, len(evidence.images))
    return torch.linspace(0, len(evidence.images) - 1, count).round().long()


def _modules(score: Score) -> list[torch.nn.Module]:
    """The modules behind a score that is a method of one."""
    owner = getattr(inspect.unwrap(score), "__self__", None)
    return list(owner.modules()) if isinstance(owner, torch.nn.Module) else []


def warn_of(name: str, score: Score, training: Tensor) -> None:
    """Tell the log what gates 6 and 7 will find of a user's score, on a few images."""
    for warning in warnings_of(name, score, training):
        print(f"warning: {warning}", file=sys.stderr)


@torch.no_grad()
def warnings_of(name: str, score: Score, training: Tensor) -> Iterator[str]:
    """A sentence if the score called `name` keeps state or draws, if it looks at the batch, and if its values
    are too close to one another for their size.

    Asked of training images and of their negatives: a detector knows the former by heart, and scores of
    about 0 are all rounding.
    """
    images = torch.cat([training, 1 - training])
    score = steady(score)
    first = score(images)
    size, spread = float(first.abs().max()), float(first.max() - first.min())
    if 0 < spread < CLOSE * size:
        yield (
            f"{name} gives scores about {size:.3g} that differ by {spread:.2g}, so little that rounding to "
            "float32 decides their order: subtract a constant from them, or scale them."
        )
    difference = difference_on_repeat(score, images, first)
    if difference != 0:  # NaN, too
        yield (
            f"{name} scores the same images otherwise the second time (by up to {difference:.2g}), so it "
            "draws random numbers or keeps state between calls, and gate 6 will fail: make it a function of "
            "the images alone."
        )
        return
    apart = difference_alone(score, images)
    if not apart <= ALONE:
        yield (
            f"{name} scores images otherwise alone than in a batch (by {apart:.2g} of the largest score), so "
            "gate 7 will fail: score each image by itself, with batch norm in evaluation mode."
        )
