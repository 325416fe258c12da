"""An attack made again on a few test images, to see the images that it finds: score files hold scores alone.

Random numbers depend on the seed and an image's id alone, so that in portable arithmetic the scores are
those of the attack on all test images.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from cobra.attacks.attack import attack
from cobra.attacks.batching import block_size
from cobra.attacks.inputs import AnyDetector, score_and_guide
from cobra.attacks.restart import targeted
from cobra.attacks.settings import EvaluationSettings
from cobra.data.one_class import TestImages, as_unit, testing_images
from cobra.data.settings import TestSubset
from cobra.detectors.scoring import Score
from cobra.errors import UserError
from cobra.reporting.figures.inputs import Files
from cobra.reporting.figures.settings import DetectorPanel, PictureSettings

LIMITS = ("normal_limit", "anomaly_limit")


def panels_opened(
    settings: PictureSettings, files: Files, count: int
) -> Iterator[tuple[DetectorPanel, AnyDetector, TestImages]]:
    """Each panel with its detector and, of the test images evaluated, the first `count` normal ones and as
    many anomalies, of all kinds in turn; raises UserError if the attack applies to no detector.
    """
    if not settings.detectors:
        raise UserError(
            f"{settings.layout.attack} applies to no score of the figure's methods: choose other methods."
        )
    for panel in settings.detectors:
        prepared, subset = files.prepared(panel.dataset), panel.evaluation.subset
        limits = {name: min(count, getattr(subset, name) or count) for name in LIMITS}
        test = testing_images(prepared, panel.normal, TestSubset(**limits)).to(files.device)
        yield panel, files.detector(panel, settings.seed, prepared), test


@dataclass(frozen=True)
class Again:
    """Images [N, C, H, W] in [0, 1] before and at their worst score [N] under the attack."""

    images: Tensor
    perturbed: Tensor
    clean: Tensor
    attacked: Tensor


class Worst:
    """A score that keeps, of each image of a batch, the version that raised `direction` x score most.

    An attack asks for the scores of all `images`, or of the `chosen` rows that it aims at.
    """

    def __init__(self, score: Score, images: Tensor, direction: Tensor, chosen: Tensor) -> None:
        self.score = score
        self.direction = direction
        self.chosen = chosen
        self.best = torch.full_like(direction, -torch.inf)
        self.images = images.clone()

    def __call__(self, batch: Tensor) -> Tensor:
        """The scores [N] of `batch`."""
        scores = self.score(batch)
        if torch.is_autocast_enabled(batch.device.type):  # a draft of a score: none that counts
            return scores
        rows = torch.arange(len(self.best), device=batch.device)
        rows = rows if len(batch) == len(rows) else self.chosen
        signed = self.direction[rows] * scores.detach().float()
        better = signed > self.best[rows]
        self.best[rows[better]] = signed[better]
        self.images[rows[better]] = batch.detach()[better]
        return scores


def attack_again(detector: AnyDetector, test: TestImages, settings: EvaluationSettings, seed: int) -> Again:
    """The attack of `settings` on the detector's score of `test` images."""
    chosen = settings.attack
    if chosen is None:
        raise ValueError("there is no attack to make again")
    score, guide = score_and_guide(detector, settings)
    # images left out of batches: rows would not tell the others apart
    leaves_out = "stop" not in chosen.traits or chosen.stop is not None
    size = 1 if leaves_out else block_size(score, as_unit(test.images.pixels[:1]), threads=1)
    made = []
    for block in torch.arange(len(test.images)).split(size):
        images, is_anomaly = as_unit(test.images.pixels[block]), test.is_anomaly[block]
        aimed_at = torch.nonzero(targeted(is_anomaly, chosen))[:, 0]
        worst = Worst(score, images, torch.where(is_anomaly, -1.0, 1.0), aimed_at)
        ids = test.images.ids[block]
        found = attack(worst, images, is_anomaly, chosen, image_ids=ids, seed=seed, guide=guide)
        made.append((images, worst.images, found.clean, found.attacked))
    return Again(*map(torch.cat, zip(*made, strict=True)))
