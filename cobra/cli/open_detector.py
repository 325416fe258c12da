"""Trained detectors, opened and checked: with their data what `cobra score` works on."""

import argparse
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from cobra.artifacts.identity import Identity
from cobra.attacks.batching import block_size, steady
from cobra.attacks.inputs import open_trained
from cobra.data.one_class import Images, TestImages, as_unit, training_images
from cobra.data.prepared import Prepared, read_prepared
from cobra.data.settings import TrainingSubset
from cobra.detectors.baseline_detector import BaselineDetector
from cobra.detectors.detector import Detector
from cobra.detectors.scoring import clean_scores
from cobra.detectors.settings import OWN, ScoreSettings
from cobra.errors import UserError
from cobra.experiment.checks.training import require_trained
from cobra.machine.device import prepare_device
from cobra.settings.validation import validate
from cobra.training.settings import DetectorSettings

SCORES = {
    "similarity": ScoreSettings(),
    "backbone": ScoreSettings(space="backbone"),
    "classifier": ScoreSettings(kind="classifier"),
    "combined": ScoreSettings(kind="combined"),
    "ensemble": ScoreSettings(kind="ensemble"),
}


@dataclass(frozen=True)
class Opened:
    """A detector, the data it was trained on, and its own training images in the order of its memory."""

    detector: Detector | BaselineDetector
    prepared: Prepared
    normal: str
    training: Images
    device: torch.device
    threads: int
    score: str

    @cached_property
    def block_size(self) -> int:
        """Images per block."""
        example = as_unit(self.training.pixels[:1]).to(self.device)
        return block_size(steady(self.detector.score), example, self.threads)

    def scores(self, test: TestImages) -> Tensor:
        """The scores [N], on the CPU."""
        return clean_scores(steady(self.detector.score), test.to(self.device), self.block_size).cpu()


def open_all(args: argparse.Namespace) -> Opened:
    """Detector and data; raises UserError if they do not belong together or cannot give what is asked."""
    device = prepare_device(args.device, args.threads)
    detector, score = open_score(args.detector, args.score, device)
    _require_neighbours(args, detector)
    prepared = read_prepared(args.data)
    require_data(detector.identity, args.detector, prepared)
    normal = str(detector.identity.subject["normal"])
    subset = validate(TrainingSubset, detector.identity.settings["subset"], str(args.detector))
    training = training_images(prepared, normal, subset)
    return Opened(detector, prepared, normal, training, device, args.threads, score)


def open_score(
    path: Path, asked: str | None, device: torch.device
) -> tuple[Detector | BaselineDetector, str]:
    """The trained detector at `path` and the name of its score; raises UserError if it has not the one that
    is `asked` for.
    """
    if path.suffix != ".pt":
        raise UserError(f"{path} is no detector of ours: give a detector.pt that was trained here.")
    score = "similarity" if asked is None else asked
    if score not in SCORES:
        raise UserError(
            f"--score {score} is no score of a trained detector: choose among {', '.join(SCORES)}."
        )
    detector = open_trained(path, SCORES[score], device)
    if isinstance(detector, BaselineDetector):
        if asked is not None:
            raise UserError(f"{path} is a baseline, with one score of its own: leave --score out.")
        return detector, OWN
    try:
        settings = validate(DetectorSettings, detector.identity.settings, str(path))
        require_trained("--score", score, detector.kind, settings)
    except ValueError as error:
        raise UserError(f"{path}: {error}.") from None
    return detector, score


def require_data(trained: Identity, path: Path, prepared: Prepared) -> None:
    """Raise UserError unless the detector at `path` was trained on these data."""
    if trained.inputs.get("data") != prepared.digest:
        raise UserError(
            f"{prepared.path} is not what {path} was trained on: give the prepared images.npy of "
            f"{trained.subject['dataset']} that it was made from."
        )


def _require_neighbours(args: argparse.Namespace, detector: Detector | BaselineDetector) -> None:
    """Raise UserError if neighbours are asked for and the score looks at none that could be shown."""
    if not args.neighbours:
        return
    if isinstance(detector, BaselineDetector):
        raise UserError(f"{args.detector} is a baseline, with one score of its own: leave --neighbours out.")
    if not detector.has_neighbours or detector.kind.kind == "ensemble":
        raise UserError(f"--score {args.score} looks at no single neighbour: leave --neighbours out.")
