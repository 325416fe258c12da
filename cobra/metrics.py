"""AUROC in percent, its uncertainty, the mean over classes and seeds, and the difference of two methods.

The uncertainty of a figure is a set of draws: values that it might have had with other test images. Draws of
figures over the same images go together, so that means and differences of figures have draws, too.
An AUROC's draws follow DeLong, DeLong and Clarke-Pearson (1988) in how figures vary together, and the
interval of Newcombe (2006, method 5) in how far each may be off: near 100, where both DeLong's interval and
the bootstrap's are far too short, the latter holds. Coverages: `benchmarks/studies/interval_coverage.py`.
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cobra.artifacts.digests import digest

Floats = NDArray[np.floating]
INVERTED = 40.0  # AUROC of unperturbed images below which a score is taken to rank the wrong way round
ASKS = "does a higher score mean more anomalous"
PRIOR = 4.0  # images' worth of trust in Newcombe's variance beside the one that the images show (ours)
BLOCK = 256  # image ids whose multipliers are drawn together
HALVINGS = 50


@dataclass(frozen=True)
class Estimate:
    """A figure in percent, within `span`, and what it might have been: `drawn` [resamples] with other test
    images; with other seeds or classes it has a `variance` besides, known with so many degrees of `freedom`.
    """

    value: float
    drawn: Floats
    variance: float = 0.0
    freedom: float = math.inf
    span: tuple[float, float] = (0.0, 100.0)

    @property
    def resampled(self) -> Floats:
        """What it might have been [resamples] with other images, and other seeds or classes."""
        if self.variance == 0:
            return self.drawn
        student = np.random.default_rng(0).standard_t(self.freedom, size=self.drawn.shape)
        return self.drawn + math.sqrt(self.variance) * student

    def interval(self, confidence: float) -> tuple[float, float]:
        """The draws' central share `confidence`."""
        tail = (1 - confidence) / 2
        low, high = np.clip(np.quantile(self.resampled, [tail, 1 - tail]), *self.span)
        return float(low), float(high)

    @property
    def p_value(self) -> float:
        """Two-sided, of the hypothesis that the true value is 0; at least 2 / (resamples + 1)."""
        above, below = (self.resampled >= 0).sum(), (self.resampled <= 0).sum()
        return float(min(1.0, 2 * (min(above, below) + 1) / (len(self.resampled) + 1)))


def auroc(scores: Floats, is_anomaly: NDArray[np.bool_]) -> float:
    """Area under the ROC curve in percent, ties counting half; all anomalies pooled (ours)."""
    return 100 * float(placements(scores, is_anomaly)[is_anomaly].mean())


def estimate_auroc(
    scores: Floats, is_anomaly: NDArray[np.bool_], image_ids: NDArray[np.integer], resamples: int, name: str
) -> Estimate:
    """AUROC of scores [N] and its draws.

    `name` and an image's id seed the image's multipliers, so that all figures over images of that name vary
    together as far as they share images: scores of two methods, or the classes of a data set, where one's
    normal images are the other's anomalies.
    """
    won = placements(scores, is_anomaly)
    area = float(won[is_anomaly].mean())
    influence = np.empty(len(won))
    for group in (is_anomaly, ~is_anomaly):
        size = int(group.sum())
        influence[group] = (won[group] - area) / np.sqrt(size * max(size - 1, 1))
    spread = float(np.sqrt(np.square(influence).sum()))  # DeLong's standard error
    # A perfect ranking shows no variance: then all images count alike.
    direction = influence / spread if spread > 0 else np.full(len(won), 1 / np.sqrt(len(won)))
    deviations = multiplied(direction, image_ids, resamples, name)
    ratio = _variance_ratio(won, is_anomaly, area, spread)
    return Estimate(
        value=100 * area,
        drawn=100 * displaced(area, deviations, ratio, _sizes(is_anomaly)),
    )


def placements(scores: Floats, is_anomaly: NDArray[np.bool_]) -> Floats:
    """For each image [N] the share of the other group that it is ranked rightly against; ties count half.
    Raises ValueError if a score is not finite or a group is empty.
    """
    if not np.isfinite(scores).all() or is_anomaly.all() or not is_anomaly.any():
        raise ValueError("an AUROC takes finite scores of normal and of anomalous images")
    won = np.empty(len(scores))
    for group, sign in ((is_anomaly, 1), (~is_anomaly, -1)):
        others = np.sort(sign * scores[~group])
        ends = [np.searchsorted(others, sign * scores[group], side) for side in ("left", "right")]
        won[group] = (ends[0] + ends[1]) / (2 * len(others))
    return won


def multiplied(direction: Floats, image_ids: NDArray[np.integer], resamples: int, name: str) -> Floats:
    """Sums [resamples] of the images' standard normal multipliers, weighted by `direction` [N], of length 1:
    standard normal themselves, and correlated as far as images and directions agree.
    """
    sums = np.zeros(resamples)
    blocks = image_ids // BLOCK
    for number in np.unique(blocks).tolist():
        rows = np.flatnonzero(blocks == number)
        multipliers = _multipliers(name, number, resamples)[image_ids[rows] % BLOCK]
        sums += np.einsum("i,ir->r", direction[rows], multipliers)
    return sums


@lru_cache(maxsize=64)
def _multipliers(name: str, block: int, resamples: int) -> NDArray[np.float32]:
    random = np.random.default_rng([int(digest(name)[:16], 16), block])
    return random.standard_normal((BLOCK, resamples), dtype=np.float32)


def displaced(area: float, deviations: Floats, ratio: float, sizes: tuple[int, int]) -> Floats:
    """The areas [R] in [0, 1] of which `area` deviates by so many [R] standard errors, the standard error
    being that of the *true* area: Newcombe's variance times `ratio`. Found by halving.
    """
    low = np.where(deviations < 0, 0.0, area)
    high = np.where(deviations < 0, area, 1.0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        too_far = np.abs(middle - area) > np.abs(deviations) * np.sqrt(
            ratio * newcombe_variance(middle, *sizes)
        )
        is_low = too_far == (deviations < 0)
        low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
    return (low + high) / 2


def newcombe_variance(area: Floats | float, anomalous: int, normal: int) -> Floats:
    """Variance of the estimate of an area in [0, 1]: Hanley and McNeil's (1982) with the groups' mean size in
    place of either (Newcombe 2006, method 5).
    """
    area = np.asarray(area, dtype=float)
    mean = (anomalous + normal) / 2
    beyond = (mean - 1) * ((1 - area) / (2 - area) + area / (1 + area))
    return area * (1 - area) * (1 + beyond) / (anomalous * normal)


def _variance_ratio(won: Floats, is_anomaly: NDArray[np.bool_], area: float, spread: float) -> float:
    """DeLong's variance over Newcombe's, drawn towards 1 where it rests on the errors of few images."""
    errors = 1 - won if area >= 0.5 else won
    images = min(_effective(errors[is_anomaly]), _effective(errors[~is_anomaly]))
    assumed = float(newcombe_variance(area, *_sizes(is_anomaly)))
    shown = spread**2 / assumed if assumed > 0 else 1.0
    return (images * shown + PRIOR) / (images + PRIOR)


def _sizes(is_anomaly: NDArray[np.bool_]) -> tuple[int, int]:
    """The numbers of anomalous and of normal images."""
    return int(is_anomaly.sum()), int((~is_anomaly).sum())


def _effective(errors: Floats) -> float:
    """The number of images that share the errors, if all had equal parts."""
    squares = float(np.square(errors).sum())
    return float(errors.sum()) ** 2 / squares if squares else 0.0


def estimate_accuracy(
    right: NDArray[np.bool_], is_anomaly: NDArray[np.bool_], resamples: int, name: str
) -> Estimate:
    """Balanced accuracy: the mean of the shares of normal and of anomalous images taken for what they are.
    Each share's draws are those of its Jeffreys interval, which holds near 100 % (Brown et al. 2001).
    """
    random = np.random.default_rng(int(digest(name)[:16], 16))
    groups = [right[~is_anomaly], right[is_anomaly]]
    drawn = [random.beta(group.sum() + 0.5, (~group).sum() + 0.5, size=resamples) for group in groups]
    value = 100 * float(np.mean([group.mean() for group in groups]))
    return Estimate(value, 100 * np.mean(drawn, axis=0))


def mean_estimate(estimates: list[Estimate], *, redrawn: bool = False) -> Estimate:
    """The mean over estimates: its draws are the means of theirs, and so is its variance with other seeds.

    `redrawn` treats the estimates themselves as a sample, of seeds or of classes: the mean's variance by
    their differences is added, known as well as so few make it. With a single estimate there is nothing to
    tell of others.
    """
    values = np.array([estimate.value for estimate in estimates])
    count = len(values)
    parts = [(estimate.variance / count**2, estimate.freedom) for estimate in estimates]
    if redrawn and count > 1:
        parts.append((float(values.var(ddof=1)) / count, count - 1))
    drawn = np.mean([estimate.drawn for estimate in estimates], axis=0)
    return Estimate(float(values.mean()), drawn, *_summed(parts), estimates[0].span)


def _summed(parts: list[tuple[float, float]]) -> tuple[float, float]:
    """The variance of a sum of independent parts, each a variance and its degrees of freedom, and its own
    degrees of freedom (Satterthwaite 1946).
    """
    variance = sum(variance for variance, _ in parts)
    if variance == 0:
        return 0.0, math.inf
    return variance, variance**2 / sum(variance**2 / freedom for variance, freedom in parts)


def difference(first: Estimate, second: Estimate) -> Estimate:
    """The first less the second, in percent points; paired as far as their draws are."""
    variance, freedom = _summed([(first.variance, first.freedom), (second.variance, second.freedom)])
    drawn = first.drawn - second.drawn
    return Estimate(first.value - second.value, drawn, variance, freedom, (-100.0, 100.0))


def holm(p_values: list[float]) -> list[float]:
    """P-values adjusted for their number (Holm 1979)."""
    order = np.argsort(p_values, kind="stable")
    steps = np.sort(p_values) * (len(p_values) - np.arange(len(p_values)))
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted.tolist()


def fixed(estimate: Estimate) -> Estimate:
    """The figure as if it were known exactly: no interval over test images."""
    return replace(estimate, drawn=np.full_like(estimate.drawn, estimate.value))
