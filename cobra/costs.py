"""How long jobs will take: the work in them, by a model, over the speed of recorded ones; without torch,
unless a network of timm's is to be counted.

Work is counted in multiply-adds of passes through the network, a gradient counting as one pass. The model
need not be exact: it carries recorded times over to other settings, from alike jobs where there are any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from cobra.backbones import outlines
from cobra.settings.attack import AttackSettings
from cobra.settings.detector import DetectorSettings
from cobra.settings.model import ModelSettings
from cobra.settings.score import ScoreSettings

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


def multiply_adds(model: ModelSettings, side: int) -> float:
    """Multiply-adds of the network, without its heads, for one image of side x side pixels."""
    if model.residual is not None:
        return outlines.multiply_adds(*model.residual, side)
    from cobra.backbones.timm_networks import outline  # torch and timm, only where they are needed

    return outline(model.model_copy(update={"image_side": side})).multiply_adds


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
    settings: AttackSettings, model: ModelSettings, images: int, side: int, score: ScoreSettings
) -> float:
    """Multiply-adds of an attack on so many test images."""
    return attack_passes(settings, images) * score.passes * multiply_adds(model, side)


def attack_passes(settings: AttackSettings, images: int) -> float:
    """Gradients of an attack on so many test images, at most: what `stop` spares is not foreseen; queries
    are counted as the share of a gradient that they take.
    """
    each = 1.0 if "gradient" in settings.traits else WITHOUT_GRADIENT
    return images * settings.steps * settings.restarts * each
