"""A detector and the test images it is judged on, opened and checked against each other."""

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path

from cobra import command
from cobra.data.one_class import TestImages, testing_images
from cobra.data.store import read_prepared
from cobra.detector import Detector
from cobra.provenance import Identity, file_digest, make_identity
from cobra.runtime import describe_device, prepare_device
from cobra.settings.attack import EvaluationSettings


@dataclass(frozen=True)
class Trial:
    """What an evaluation works on, and the identity of the score file it will write."""

    detector: Detector
    test: TestImages
    identity: Identity


def add_options(parser: ArgumentParser) -> None:
    """The options of a command that evaluates a detector."""
    command.add_subject(parser, "dataset", "normal", "method", "seed", "score")
    command.add_machine(parser)
    parser.add_argument("--data", type=Path, required=True, help="prepared images.npy")
    parser.add_argument("--detector", type=Path, required=True, help="detector.pt")
    parser.add_argument("--block-size", type=int, default=256, help="images scored at once")
    parser.add_argument("--output", type=Path, required=True, help="score file (.parquet)")


def open_trial(args: Namespace, settings: EvaluationSettings, attack: str, script: str) -> Trial:
    """Load detector and data; raises UserError if the detector is of another class, method or data."""
    device = prepare_device(args.device, args.threads)
    prepared = read_prepared(args.data)
    detector = Detector.load(args.detector, settings.score, device)
    subject = {"dataset": args.dataset, "normal": args.normal, "method": args.method, "seed": args.seed}
    made_from = {"data": prepared.digest}
    detector.identity.require(args.detector, "detector", subject, made_from)
    identity = make_identity(
        "scores",
        subject | {"score": args.score, "attack": attack},
        {
            "evaluation": settings.model_dump(mode="json"),
            "detector": detector.identity.settings,
            "data": prepared.remarks,
        },
        script,
        inputs=made_from | {"detector": file_digest(args.detector)},
        device=describe_device(device),
    )
    test = testing_images(prepared, args.normal, settings.subset).to(device)
    return Trial(detector, test, identity)
