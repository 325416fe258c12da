"""How long jobs will take: the passes through the network in them, times the seconds of such a pass.

A pass takes an image, or a view of it in training, through the network and back. Its seconds depend on the
network, the size of the images and the number format: they come from jobs of the same size that ran, from a
measurement on the machine at hand (`machine_speed`), or from a file of rates (`rates`).
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple, Protocol, Self

from cobra.attacks.settings import AttackSettings
from cobra.data.catalog import Counts
from cobra.data.settings import TestSubset
from cobra.detectors.settings import ScoreSettings
from cobra.experiment.config import Config
from cobra.training.networks.settings import ModelSettings
from cobra.training.settings import DetectorSettings

WITHOUT_GRADIENT = 1 / 3  # of a gradient's time: no backward pass
OF_WEIGHTS = 1.5  # times a gradient of images: the weights' gradient is a third pass beside two


@dataclass(frozen=True)
class Estimate:
    """Seconds: the typical value within a range."""

    low: float
    typical: float
    high: float

    @classmethod
    def exactly(cls, seconds: float) -> Self:
        """Seconds without a range."""
        return cls(seconds, seconds, seconds)

    def __add__(self, other: "Estimate") -> "Estimate":
        return Estimate(self.low + other.low, self.typical + other.typical, self.high + other.high)

    def times(self, count: float) -> "Estimate":
        """The seconds of so many of the same."""
        return Estimate(self.low * count, self.typical * count, self.high * count)


NOTHING = Estimate.exactly(0.0)


class Size(NamedTuple):
    """What decides the seconds of a pass: network, pixels of a side, number format, images at once (None: as
    many as fit).
    """

    model: ModelSettings
    side: int
    precision: str
    batch: int | None = None
    recompute: bool = False


@dataclass(frozen=True)
class Passes:
    """So many passes of one size."""

    count: float
    size: Size


@dataclass(frozen=True)
class Work:
    """A job's work: what it is alike to, from the general, its rule and sizes, to the particular (kind of
    attack, data set, method); passes for gradients of images, and those for the weights' gradients.
    """

    likeness: tuple[Hashable, ...]
    images: Passes | None = None
    weights: Passes | None = None

    @property
    def amount(self) -> float:
        """Work of the same sizes compares by it: passes, those for the weights in gradients of images. A job
        of which nothing is known counts as one.
        """
        if self.images is None and self.weights is None:
            return 1.0
        weights = self.weights.count if self.weights else 0.0
        return (self.images.count if self.images else 0.0) + OF_WEIGHTS * weights


@dataclass(frozen=True)
class Recorded:
    """A job that ran, and its seconds."""

    work: Work
    seconds: float


class Speeds(Protocol):
    """Seconds per pass of each size; `source` says in words what they rest on."""

    source: str

    def of_images(self, size: Size) -> Estimate:
        """Forward and back to the image."""
        ...

    def of_weights(self, size: Size) -> Estimate:
        """A view in a training step without its adversary: crafting, forward, back to the weights, update."""
        ...


def seconds_at(speeds: Speeds, work: Work) -> Estimate:
    """Seconds that `work` takes at these speeds."""
    images = speeds.of_images(work.images.size).times(work.images.count) if work.images else NOTHING
    weights = speeds.of_weights(work.weights.size).times(work.weights.count) if work.weights else NOTHING
    return images + weights


def predicted_seconds(work: Work, recorded: Sequence[Recorded]) -> Estimate | None:
    """Seconds that `work` takes at the median speed of the recorded jobs most alike, within their range; None
    if none is of its rule and sizes.
    """
    for depth in range(len(work.likeness), 0, -1):
        alike = [job for job in recorded if job.work.likeness[:depth] == work.likeness[:depth]]
        speeds = [job.seconds / job.work.amount for job in alike if job.work.amount]
        if speeds:
            return Estimate(min(speeds), median(speeds), max(speeds)).times(work.amount)
    return None


def training_work(settings: DetectorSettings, images: int, side: int) -> tuple[Passes, Passes]:
    """Passes of a training on so many normal images: those of its adversary, and those whose gradient the
    weights take.
    """
    weights, ascent = training_passes(settings, images)
    schedule = settings.schedule
    format_of_ascent = settings.adversary.precision or schedule.precision
    own = Size(settings.model, side, schedule.precision, schedule.batch_size, schedule.recompute)
    return Passes(ascent, Size(settings.model, side, format_of_ascent, schedule.batch_size)), Passes(
        weights, own
    )


def training_passes(settings: DetectorSettings, images: int) -> tuple[float, float]:
    """Passes of a training on so many normal images: those whose gradient the weights take, of each image and
    of its pseudo-anomaly, or of each in every rotation, two clean views and one adversarial view per attack;
    and those of the adversary, `steps` a view.
    """
    attacks = len(settings.attacked) if settings.adversary.enabled else 0
    drawn = settings.schedule.epochs * max(images, settings.schedule.images_per_epoch or 0)
    groups = settings.crafting.count
    return drawn * groups * (2 + attacks), drawn * groups * attacks * settings.adversary.steps


def attack_work(
    settings: AttackSettings,
    model: ModelSettings,
    images: int,
    side: int,
    score: ScoreSettings,
    groups: int = 2,
) -> Passes:
    """Passes of an attack on so many test images, at most: what `stop` spares is not foreseen; queries are
    counted as the share of a gradient that they take.
    """
    each = 1.0 if "gradient" in settings.traits else WITHOUT_GRADIENT
    gradients = images * settings.steps * settings.restarts * each
    return Passes(gradients * score.passes(groups), Size(model, side, settings.precision))


def training_images(config: Config, dataset: str, normal: str, limit: int | None) -> int:
    """Training images of a class, by the published numbers; where there are none, 1000."""
    counts = config.entries[dataset].classes.get(normal)
    return min(counts.train if counts else 1000, limit or 10**9)


def test_images(config: Config, dataset: str, normal: str, subset: TestSubset) -> int:
    """Test images of a class, its own and its anomalies, by the published numbers."""
    entry = config.entries[dataset]
    counts = {name: count or Counts(0, 1000, 0) for name, count in entry.classes.items()}
    own = counts.get(normal, Counts(0, 1000, 0))
    others = sum(count.test for name, count in counts.items() if name != normal)
    anomalies = others if entry.protocol == "one_vs_rest" else own.defective
    return min(own.test, subset.normal_limit or 10**9) + min(anomalies, subset.anomaly_limit or 10**9)
