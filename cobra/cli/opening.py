"""What `cobra score` works on: a trained detector with its data, opened and checked."""

import argparse
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from cobra.baseline_detector import BaselineDetector
from cobra.batching import block_size, steady
from cobra.data.one_class import Images, TestImages, as_unit, training_images
from cobra.data.store import Prepared, read_prepared
from cobra.detector import Detector
from cobra.errors import UserError
from cobra.runtime import prepare_device
from cobra.scoring import clean_scores
from cobra.settings.checks import OWN
from cobra.settings.data import TrainingSubset
from cobra.settings.detector import DetectorSettings
from cobra.settings.errors import validate
from cobra.settings.score import ScoreSettings
from cobra.settings.training_checks import require_trained
from cobra.trial import open_trained

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
    if args.detector.suffix != ".pt":
        raise UserError(f"{args.detector} is no detector of ours: give a detector.pt that was trained here.")
    device = prepare_device(args.device, args.threads)
    score = args.score or "similarity"
    detector = open_trained(args.detector, SCORES[score], device)
    if isinstance(detector, Detector):
        subset = _of_ours(args, detector, score)
    else:
        subset, score = _of_baseline(args, detector), OWN
    prepared = read_prepared(args.data)
    normal = str(detector.identity.subject["normal"])
    if detector.identity.inputs.get("data") != prepared.digest:
        raise UserError(
            f"{args.data} is not what {args.detector} was trained on: give the prepared images.npy of "
            f"{detector.identity.subject['dataset']} that it was made from."
        )
    training = training_images(prepared, normal, subset)
    return Opened(detector, prepared, normal, training, device, args.threads, score)


def _of_ours(args: argparse.Namespace, detector: Detector, score: str) -> TrainingSubset:
    """The part of the images that a detector of ours was trained on, if it has the score asked for."""
    settings = validate(DetectorSettings, detector.identity.settings, str(args.detector))
    try:
        require_trained("--score", score, detector.kind, settings)
    except ValueError as error:
        raise UserError(f"{args.detector}: {error}.") from None
    if args.neighbours and (not detector.has_neighbours or detector.kind.kind == "ensemble"):
        raise UserError(f"--score {score} looks at no single neighbour: leave --neighbours out.")
    return settings.subset


def _of_baseline(args: argparse.Namespace, detector: BaselineDetector) -> TrainingSubset:
    """The part of the images that a baseline was trained on: it has one score, and no neighbours to show."""
    for option, given in (("--score", args.score), ("--neighbours", args.neighbours)):
        if given:
            raise UserError(f"{args.detector} is a baseline, with one score of its own: leave {option} out.")
    return validate(TrainingSubset, detector.identity.settings["subset"], str(args.detector))
