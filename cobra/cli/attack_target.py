"""The detector that `cobra attack` attacks: a function by its name, or one that the workflow trained."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from cobra.artifacts.digests import digest, file_digest
from cobra.artifacts.identity import Identity
from cobra.cli.attack_images import FOLDER
from cobra.cli.open_detector import SCORES, open_score, require_data
from cobra.data.one_class import Images, as_unit
from cobra.data.prepared import Prepared
from cobra.detectors.scoring import Score
from cobra.detectors.settings import OWN, OwnDetectorSettings, ScoreSettings
from cobra.detectors.user_code import source_digests, source_files
from cobra.detectors.user_code_isolation import import_name, warn_of_undeclared
from cobra.detectors.user_detector import own_score, require_score
from cobra.errors import UserError
from cobra.gates.preflight import warn_of
from cobra.settings.section import canonical_json
from cobra.settings.validation import validate


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
        known = list(prepared.identity.settings["classes"])
        if self.trained is not None:
            require_data(self.trained, args.detector, prepared)
            known = [str(self.trained.subject["normal"])]
        if args.normal is not None and args.normal not in known:
            where = "the folder" if self.trained is None else f"{args.detector}"
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
