"""`cobra score`: how anomalous an image is to a trained detector, at a stated share of false alarms."""

import argparse
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import torch
from tabulate import tabulate
from torch import Tensor

from cobra.artifacts.files import write_bytes
from cobra.attacks.batching import block_size, steady
from cobra.attacks.fab import operating_threshold
from cobra.attacks.settings import AttackSettings
from cobra.cli.open_detector import SCORES, open_score, require_data
from cobra.data.one_class import Images, TestImages, as_unit, testing_images, training_images
from cobra.data.prepared import Prepared, image_digest, read_prepared
from cobra.data.prepared_writer import form_of, load_files
from cobra.data.settings import TestSubset, TrainingSubset
from cobra.detectors.baseline_detector import BaselineDetector
from cobra.detectors.detector import Detector
from cobra.detectors.scoring import clean_scores
from cobra.errors import UserError
from cobra.machine import options
from cobra.machine.device import prepare_device
from cobra.machine.script import add_device
from cobra.reporting.figures.drawing import render
from cobra.reporting.figures.neighbour import draw_pair, nearest_entries
from cobra.settings.validation import validate

EXAMPLE = """example, after make demo:
  cobra score --detector results/digits/3/cobra/seed0/detector.pt --data results/prepared/digits/images.npy \\
      --neighbours looked-at three.png eight.png

An image is anomalous if it scores above the threshold, which at most the stated share of the normal test
images of the data set do. Training images say nothing here: each is its own nearest neighbour."""


def score_options(made: argparse.ArgumentParser) -> None:
    """Its options."""
    made.epilog, made.formatter_class = EXAMPLE, argparse.RawDescriptionHelpFormatter
    made.add_argument(
        "images", type=options.path, nargs="+", metavar="IMAGE", help="image file of 8 bits per channel"
    )
    made.add_argument(
        "--detector", type=options.path, required=True, help="detector.pt, trained by the workflow"
    )
    made.add_argument(
        "--data", type=options.path, required=True, help="the prepared images.npy that it was trained on"
    )
    made.add_argument(
        "--score", choices=SCORES, help="left out: similarity, or the one score of a baseline, called own"
    )
    made.add_argument(
        "--false-alarms",
        type=options.share,
        default=0.05,
        metavar="SHARE",
        help="share of the normal test images that may lie above the threshold; left out: 0.05",
    )
    made.add_argument(
        "--neighbours",
        type=options.folder,
        metavar="FOLDER",
        help="write there, per image, a picture of it beside the nearest normal training image",
    )
    made.add_argument("--csv", type=options.output, metavar="FILE", help="write the lines as a table, too")
    add_device(made)
    made.set_defaults(run=run)


@dataclass(frozen=True)
class Opened:
    """A detector, the data it was trained on, and its own training images in the order of its memory."""

    detector: Detector | BaselineDetector
    score: str
    prepared: Prepared
    normal: str
    training: Images
    device: torch.device
    threads: int

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
    if args.neighbours:
        if isinstance(detector, BaselineDetector):
            raise UserError(
                f"{args.detector} is a baseline, with one score of its own: leave --neighbours out."
            )
        if not detector.has_neighbours or detector.kind.kind == "ensemble":
            raise UserError(f"--score {args.score} looks at no single neighbour: leave --neighbours out.")
    prepared, identity = read_prepared(args.data), detector.identity
    require_data(identity, args.detector, prepared)
    normal = str(identity.subject["normal"])
    subset = validate(TrainingSubset, identity.settings["subset"], str(args.detector))
    training = training_images(prepared, normal, subset)
    return Opened(detector, score, prepared, normal, training, device, args.threads)


def run(args: argparse.Namespace) -> None:
    """Check everything, find the threshold, score the images, print a line for each."""
    point = validate(AttackSettings, {"kind": "fab", "false_alarms": args.false_alarms}, "cobra score")
    opened = open_all(args)
    form = form_of(opened.prepared)
    images, _ = load_files(args.images, form.resolution, form.fit, form.background, threads=1)
    pixels = torch.from_numpy(images)
    threshold, source = _threshold(opened, point)
    lines = _lines(opened, pixels, args.images, threshold)
    if args.neighbours and isinstance(opened.detector, Detector):
        lines = lines.join(_neighbours(args.neighbours, opened, opened.detector, pixels, lines, threshold))
    subject = ", ".join(f"{name} {value}" for name, value in opened.detector.identity.subject.items())
    print(f"Detector: {subject}; score: {opened.score}.")
    print(f"Images: brought to {form.resolution}x{form.resolution} pixels ({form.fit}), as its data were.")
    print(f"Threshold: {source}.\n")
    print(tabulate(lines, "keys", "plain", showindex=False, floatfmt=".6g"))
    for remark in _remarks(opened, pixels, args.images):
        print(f"note: {remark}")
    if args.csv:
        write_bytes(args.csv, lines.assign(threshold=threshold).to_csv(index=False).encode())


def _threshold(opened: Opened, point: AttackSettings) -> tuple[float, str]:
    """The threshold, and where it comes from."""
    test = testing_images(opened.prepared, opened.normal, TestSubset(anomaly_limit=1))
    clean = opened.scores(test)
    threshold = operating_threshold(clean, test.is_anomaly, point)
    normal = clean[~test.is_anomaly]
    above = int((normal > threshold).sum())
    source = (
        f"{threshold:.6g}, above which lie at most {100 * point.false_alarms:g} % of the {len(normal)} "
        f"normal test images of {opened.prepared.path} ({above or 'none: it is their highest score'})"
    )
    return threshold, source


def _lines(opened: Opened, pixels: Tensor, paths: list[Path], threshold: float) -> pd.DataFrame:
    """Path, score and verdict of each image."""
    names = [str(path) for path in paths]
    unknown = torch.zeros(len(names), dtype=torch.bool)
    scores = opened.scores(TestImages(Images(pixels, torch.arange(len(names))), unknown, names))
    verdicts = ["anomalous" if score > threshold else "normal" for score in scores.tolist()]
    return pd.DataFrame({"image": names, "score": scores.numpy(), "verdict": verdicts})


def _neighbours(
    folder: Path,
    opened: Opened,
    detector: Detector,
    pixels: Tensor,
    lines: pd.DataFrame,
    threshold: float,
) -> pd.DataFrame:
    """Per image the nearest training image, its cosine similarity, and the picture written of both."""
    cosines, places = nearest_entries(detector, pixels.to(opened.device).split(opened.block_size))
    rows = []
    for number, line in enumerate(lines.itertuples()):
        cosine, place = float(cosines[number]), int(places[number])
        nearest, path = int(opened.training.ids[place]), Path(str(line.image))
        pair = draw_pair(
            (as_unit(pixels[number]), as_unit(opened.training.pixels[place : place + 1][0])),
            (path.name, f"nearest normal training image\nno. {nearest}, cosine {cosine:.4f}"),
            f"{line.verdict}: score {line.score:.4g}, threshold {threshold:.4g}",
        )
        picture = folder / f"{number + 1}-{path.stem}.png"
        write_bytes(picture, render(pair, ".png"))
        rows.append({"nearest": nearest, "cosine": cosine, "picture": str(picture)})
    return pd.DataFrame(rows)


def _remarks(opened: Opened, pixels: Tensor, paths: list[Path]) -> list[str]:
    """A sentence for each image that the detector was trained on."""
    trained = {opened.prepared.image_digests[row]: row for row in opened.training.ids.tolist()}
    digests = [image_digest(image.permute(1, 2, 0).numpy()) for image in pixels]
    return [
        f"{path} is the training image no. {trained[digest]}: its score says nothing of new images."
        for path, digest in zip(paths, digests, strict=True)
        if digest in trained
    ]
