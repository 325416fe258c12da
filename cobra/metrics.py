"""AUROC in percent, its bootstrap interval, and their averages over classes and seeds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from cobra.artifacts.digests import digest

Floats = NDArray[np.floating]
INVERTED = 40.0  # AUROC of unperturbed images below which a score is taken to rank the wrong way round
ASKS = "does a higher score mean more anomalous"


@dataclass(frozen=True)
class Estimate:
    """A figure in percent and the values [resamples] that it takes on resampled test images."""

    value: float
    resampled: Floats

    def interval(self, confidence: float) -> tuple[float, float]:
        """Percentile interval of the given coverage."""
        tail = (1 - confidence) / 2
        low, high = np.quantile(self.resampled, [tail, 1 - tail])
        return float(low), float(high)


def auroc(scores: Floats, is_anomaly: NDArray[np.bool_]) -> float:
    """Area under the ROC curve in percent, ties counting half; all anomalies pooled (ours)."""
    return 100 * float(roc_auc_score(is_anomaly, scores))


def estimate_auroc(scores: Floats, is_anomaly: NDArray[np.bool_], resamples: int, name: str) -> Estimate:
    """AUROC and its bootstrap: normal and anomalous images are drawn anew, each group in its size.

    `name` seeds the draws: two scores of the same test images are resampled alike if it names the images,
    and a cell's interval does not depend on what else is in its table.
    """
    normal, anomalous = scores[~is_anomaly], scores[is_anomaly]
    random = _generator(name)
    times_anomalous, times_normal = (
        random.multinomial(size, np.full(size, 1 / size), size=resamples)
        for size in (len(anomalous), len(normal))
    )
    # Whole numbers throughout, which float32 holds: the sums are exact on every processor.
    twice_won = np.sign(np.subtract.outer(anomalous, normal)) + 1
    pairs = times_normal.astype(np.float32) @ twice_won.astype(np.float32).T
    won = np.einsum("ra,ra->r", times_anomalous.astype(float), pairs.astype(float)) / 2
    resampled = 100 * won / (len(anomalous) * len(normal))
    return Estimate(auroc(scores, is_anomaly), resampled)


def mean_estimate(estimates: list[Estimate], redrawn: str | None = None) -> Estimate:
    """The mean over independent estimates; its resamples are the means of theirs.

    `redrawn`, a name that seeds the draws, treats the estimates themselves as a sample: each resample is the
    mean over as many of them drawn anew, with replacement (a cluster bootstrap).
    """
    resampled = np.stack([estimate.resampled for estimate in estimates])
    size, resamples = resampled.shape
    weights = np.full((resamples, size), 1 / size)
    if redrawn is not None:
        weights = _generator(redrawn).multinomial(size, np.full(size, 1 / size), size=resamples) / size
    return Estimate(
        value=float(np.mean([estimate.value for estimate in estimates])),
        resampled=np.einsum("re,er->r", weights, resampled),
    )


def fixed(estimate: Estimate) -> Estimate:
    """The figure as if it were known exactly: no interval over test images."""
    return Estimate(estimate.value, np.full_like(estimate.resampled, estimate.value))


def _generator(name: str) -> np.random.Generator:
    return np.random.default_rng(int(digest(name)[:16], 16))


def estimate_accuracy(
    right: NDArray[np.bool_], is_anomaly: NDArray[np.bool_], resamples: int, name: str
) -> Estimate:
    """Balanced accuracy: the mean of the shares of normal and of anomalous images taken for what they are."""
    random = _generator(name)
    groups = [right[~is_anomaly], right[is_anomaly]]
    drawn = [random.binomial(len(group), group.mean(), size=resamples) / len(group) for group in groups]
    value = 100 * float(np.mean([group.mean() for group in groups]))
    return Estimate(value, 100 * np.mean(drawn, axis=0))
