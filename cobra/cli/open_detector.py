"""What `cobra attack` and `cobra score` work on: a detector that the workflow trained, or a function."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from cobra.artifacts.digests import digest, file_digest
from cobra.artifacts.identity import Identity
from cobra.attacks.inputs import open_trained
from cobra.cli.attack_images import FOLDER
from cobra.data.one_class import Images, as_unit
from cobra.data.prepared import Prepared
from cobra.detectors.baseline_detector import BaselineDetector
from cobra.detectors.detector import Detector
from cobra.detectors.scoring import Score
from cobra.detectors.settings import OWN, OwnDetectorSettings, ScoreSettings
from cobra.detectors.user_code import source_digests, source_files
from cobra.detectors.user_code_isolation import import_name, warn_of_undeclared
from cobra.detectors.user_detector import own_score, require_score
from cobra.errors import UserError
from cobra.experiment.checks import require_trained
from cobra.gates.score_soundness import warn_of
from cobra.settings.section import canonical_json
from cobra.settings.validation import validate
from cobra.training.settings import DetectorSettings

SCORES = {
    "similarity": ScoreSettings(),
    "backbone": ScoreSettings(space="backbone"),
    "classifier": ScoreSettings(kind="classifier"),
    "combined": ScoreSettings(kind="combined"),
    "ensemble": ScoreSettings(kind="ensemble"),
}


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


@dataclass(frozen=True)
class Attacked:
    """What is attacked, and what its artifacts say of it.

    `make` gives the score, of the normal training images. `subject` holds its data set (as it is called where
    there are no terms), method and seed; `settings` and `inputs` what decides its scores; `trained` the
    identity of a detector that the workflow trained, `own` what names a user's.
    """

    make: Callable[[Images], Score]
    subject: dict[str, str | int]
    settings: dict[str, Any]
    inputs: dict[str, str]
    score: str = OWN
    kind: ScoreSettings = field(default_factory=ScoreSettings)
    trained: Identity | None = None
    own: OwnDetectorSettings | None = None

    def ready(self, training: Images) -> Score:
        """The score of normal training images, tried on two of them; of a user's the log is told what will
        not do. Raises UserError for what is no score.
        """
        score, few = self.make(training), as_unit(training.pixels[:2])
        require_score(score, few)
        if self.own is not None:
            warn_of(str(self.subject["method"]), score, few)
            warn_of_undeclared(self.own)
        return score

    def classes(self, args: argparse.Namespace, prepared: Prepared) -> list[str]:
        """The classes to take as normal, each in turn: those of the data that are asked for, of a trained
        detector its own; raises UserError if that is not there.
        """
        known, where = list(prepared.identity.settings["classes"]), "the folder"
        if self.trained is not None:
            require_data(self.trained, args.detector, prepared)
            known, where = [str(self.trained.subject["normal"])], f"{args.detector}"
        if args.normal is not None and args.normal not in known:
            raise UserError(
                f"--normal {args.normal} is no class of {where}: choose among {', '.join(known)}."
            )
        return known if args.normal is None else [args.normal]


def attacked_of(args: argparse.Namespace, device: torch.device) -> Attacked:
    """What the options name; raises UserError for what cannot be opened."""
    return _named(args, device) if args.detector is None else _trained(args, device)


def _named(args: argparse.Namespace, device: torch.device) -> Attacked:
    given = {"score": args.score, "fit": args.fit, "files": args.files}
    settings = validate(OwnDetectorSettings, given, "cobra attack")
    source_files(settings)  # what is not there is refused before any code of theirs runs
    import_name(settings.name)  # shows what else it rests on
    source = source_digests(settings)
    return Attacked(
        make=lambda training: own_score(settings, lambda: as_unit(training.pixels[:]), device),
        subject={"dataset": FOLDER, "method": args.score or args.fit, "seed": 0},
        settings={"own": settings.model_dump(mode="json")},
        inputs={"detector": digest(canonical_json(source))} | source,
        own=settings,
    )


def _trained(args: argparse.Namespace, device: torch.device) -> Attacked:
    if args.fit is not None:
        raise UserError("--fit makes a score, and --detector has one: leave one of them out.")
    if args.files:
        raise UserError("--files belong to --score or --fit, and --detector is one file: leave them out.")
    detector, score = open_score(args.detector, args.score, device)
    identity = detector.identity
    return Attacked(
        make=lambda _: detector.score,
        subject={name: identity.subject[name] for name in ("dataset", "method", "seed")},
        settings={"detector": identity.settings},
        inputs={"detector": file_digest(args.detector)},
        score=score,
        kind=SCORES.get(score, ScoreSettings()),
        trained=identity,
    )
