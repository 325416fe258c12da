"""What a configuration computes, in image-steps: gradients of images, of trainings and of attacks."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from paper_jobs import Asked, Judged, Trained

from cobra.costs import attack_passes, training_passes
from cobra.settings import jobs
from cobra.settings.config import Config
from cobra.settings.detector import DetectorSettings
from cobra.settings.sizes import side_of, test_images, training_images


@dataclass(frozen=True)
class Amount:
    """Image-steps of a job: `weights` are passes whose gradient the weights take, `adversary` those of
    adversarial training, `attack` those of attacks. `jobs` are 1 until amounts are added.
    """

    dataset: str
    what: str
    side: int
    jobs: int = 1
    weights: float = 0.0
    adversary: float = 0.0
    attack: float = 0.0

    @property
    def steps(self) -> float:
        """All together."""
        return self.weights + self.adversary + self.attack


def amounts_of(config: Config, asked: Asked) -> Iterator[Amount]:
    """The image-steps of each job."""

    @cache
    def settings_of(dataset: str, method: str) -> DetectorSettings:
        return config.detector_settings(dataset, method)

    for detector in asked.trainings:
        settings = settings_of(detector.dataset, detector.method)
        images = training_images(config, detector.dataset, detector.normal, settings.subset.limit)
        weights, adversary = training_passes(settings, images)
        side = side_of(config, detector.dataset)
        yield Amount(detector.dataset, "training", side, weights=weights, adversary=adversary)
    for one in asked.attacks:
        yield attacked(config, one, one.attack)
    for one in asked.sweeps:
        settings_of_sweep = jobs.sweep_settings(config, *without_class(one.detector), one.score, one.attack)
        made = attacked(config, one, config.sweeps[one.attack].attack, len(settings_of_sweep.eps))
        yield replace(made, what=f"sweep {one.attack}")
    for one in asked.histories:
        snapshots = settings_of(one.detector.dataset, one.detector.method).schedule.snapshots
        yield replace(attacked(config, one, one.attack, snapshots), what=f"history {one.attack}")


def attacked(config: Config, judged: Judged, attack: str, times: int = 1) -> Amount:
    """An attack made so many times."""
    dataset, normal = judged.detector.dataset, judged.detector.normal
    images = test_images(config, dataset, normal, config.datasets[dataset].test_subset)
    steps = times * attack_passes(config.attacks[attack], images)
    return Amount(dataset, attack, side_of(config, dataset), attack=steps)


def without_class(detector: Trained) -> tuple[str, str, int]:
    """What settings are a function of."""
    return detector.dataset, detector.method, detector.seed
