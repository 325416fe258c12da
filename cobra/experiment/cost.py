"""How long jobs will take: the work in them, by a model, over the speed of recorded ones.

Work is counted in multiply-adds of passes through the network, a gradient counting as one pass. The model
need not be exact: it carries recorded times over to other settings, from alike jobs where there are any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median

from cobra.attacks.settings import AttackSettings
from cobra.data.catalog import Counts
from cobra.data.settings import TestSubset
from cobra.detectors.settings import ScoreSettings
from cobra.experiment.config import Config
from cobra.training.networks.settings import ModelSettings
from cobra.training.settings import DetectorSettings

WITHOUT_GRADIENT = 1 / 3  # of a gradient's time: no backward pass


@dataclass(frozen=True)
class Work:
    """A job's work: what it is alike to, from the general to the particular (rule, data set, method, ...),
    and its multiply-adds.
    """

    likeness: tuple[str, ...]
    amount: float


@dataclass(frozen=True)
class Recorded:
    """A job that ran, and its seconds."""

    work: Work
    seconds: float


def predicted_seconds(work: Work, recorded: Sequence[Recorded]) -> float | None:
    """Seconds that `work` takes at the median speed of the recorded jobs most alike; None if none is of its
    rule.
    """
    for depth in range(len(work.likeness), 0, -1):
        alike = [job for job in recorded if job.work.likeness[:depth] == work.likeness[:depth]]
        if alike:
            return work.amount * median(job.seconds / job.work.amount for job in alike)
    return None


@cache
def multiply_adds(model: ModelSettings, side: int) -> float:
    """Multiply-adds of the network, without its heads, for one image of side x side pixels."""
    import torch  # only where times are asked for: the workflow is planned without it
    from torch.utils.flop_counter import FlopCounterMode

    from cobra.training.networks.network import make_backbone

    if model.residual is None:
        model = model.model_copy(update={"image_side": side})
    with torch.device("meta"):
        backbone, image = make_backbone(model).eval(), torch.empty(1, 3, side, side)
        with FlopCounterMode(display=False) as counted:
            backbone(image)
    return counted.get_total_flops() / 2


def training_work(settings: DetectorSettings, images: int, side: int) -> float:
    """Multiply-adds of a training on so many normal images."""
    return sum(training_passes(settings, images)) * multiply_adds(settings.model, side)


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
) -> float:
    """Multiply-adds of an attack on so many test images, at most: what `stop` spares is not foreseen; queries
    are counted as the share of a gradient that they take.
    """
    each = 1.0 if "gradient" in settings.traits else WITHOUT_GRADIENT
    gradients = images * settings.steps * settings.restarts * each
    return gradients * score.passes(groups) * multiply_adds(model, side)


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
