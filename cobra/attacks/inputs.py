"""A detector, the test images it is judged on and the score that an attack follows, opened and checked."""

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from cobra.artifacts.checkpoints import read_torch
from cobra.artifacts.digests import file_digest
from cobra.artifacts.identity import Identity, make_identity
from cobra.attacks.batching import block_size, steady
from cobra.attacks.settings import AttackSettings, EvaluationSettings
from cobra.attacks.strategies import FAB
from cobra.data.one_class import TestImages, as_unit, testing_images, training_images
from cobra.data.prepared import Prepared, read_prepared
from cobra.data.settings import TrainingSubset
from cobra.detectors.baseline_detector import BaselineDetector, is_baseline
from cobra.detectors.detector import Detector, Pool
from cobra.detectors.planted_faults import MASKERS
from cobra.detectors.scoring import Score
from cobra.detectors.settings import ScoreSettings
from cobra.detectors.user_detector import OwnDetector
from cobra.errors import UserError
from cobra.machine import options
from cobra.machine import script as command
from cobra.machine.device import describe_device, insist_on_repeatable, prepare_device

AnyDetector = Detector | BaselineDetector | OwnDetector


@dataclass(frozen=True)
class EvaluationInputs:
    """What an evaluation works on, and the identity of the artifact it will write."""

    score: Score
    guide: Score | None
    test: TestImages
    block_size: int
    identity: Identity


def add_options(parser: ArgumentParser) -> None:
    """The options of a command that evaluates a detector."""
    command.add_subject(parser, "dataset", "normal", "method", "seed", "score")
    command.add_machine(parser)
    parser.add_argument("--data", type=options.path, required=True, help="prepared images.npy")
    parser.add_argument(
        "--detector", type=options.path, required=True, help="detector.pt, or .json for one not ours"
    )
    parser.add_argument(
        "--source", type=options.path, help="detector.pt whose gradient a transfer attack takes"
    )
    parser.add_argument(
        "--block-size",
        type=options.positive,
        help="images scored at once; left out: as many as the machine bears",
    )
    parser.add_argument("--output", type=options.output, required=True, help="file to write")


def open_inputs(
    args: Namespace, settings: EvaluationSettings, attack: str, script: str, *, kind: str = "scores"
) -> EvaluationInputs:
    """Load detector and data; raises UserError if the detector is of another class, method or data."""
    device = prepare_device(args.device, args.threads)
    prepared = read_prepared(args.data)
    subject = {"dataset": args.dataset, "normal": args.normal, "method": args.method, "seed": args.seed}
    made_from = {"data": prepared.digest}
    detector = open_detector(args.detector, settings.score, prepared, args.normal, device)
    detector.identity.require(args.detector, "detector", subject, made_from)
    insist_on_repeatable(device, is_repeatable(detector, settings))
    score, guide = score_and_guide(detector, settings)
    source: dict[str, str] = {}
    if settings.attack is not None and settings.attack.source is not None:
        guide = steady(open_source(args, settings, prepared, device))
        source = {"source": file_digest(args.source)}
    identity = make_identity(
        kind,
        subject | {"score": args.score, "attack": attack},
        {
            "evaluation": settings.model_dump(mode="json"),
            "detector": detector.identity.settings,
            "data": prepared.remarks,
        },
        script,
        *(settings.attack.modules if settings.attack else []),
        inputs=made_from | {"detector": file_digest(args.detector)} | source,
        device=describe_device(device),
        libraries=detector.identity.versions,
    )
    test = testing_images(prepared, args.normal, settings.subset).to(device)
    size = args.block_size or block_size(score, as_unit(test.images.pixels[:1]), args.threads)
    return EvaluationInputs(score, guide, test, size, identity)


def is_repeatable(detector: AnyDetector, settings: EvaluationSettings) -> bool:
    """Whether the evaluation is made of operations that give the same bits each time on a GPU, too."""
    ours = isinstance(detector, Detector) and detector.network.settings.residual is not None
    attack = settings.attack
    alone = attack is None or (attack.source is None and attack.kind != FAB)
    return ours and alone and settings.score.kind != "ensemble"


def score_and_guide(detector: AnyDetector, settings: EvaluationSettings) -> tuple[Score, Score | None]:
    """The detector's score, and the one with a smoothed maximum if the attack follows that; both on multiples
    of eight images.
    """
    attack = settings.attack
    guide = smoothed(detector, attack) if attack and attack.objective != "score" else None
    return steady(score_of(detector, settings.score)), None if guide is None else steady(guide)


def open_detector(
    path: Path, score: ScoreSettings, prepared: Prepared, normal: str, device: torch.device
) -> AnyDetector:
    """The detector at `path`: ours, a baseline, or one that a descriptor names."""
    if path.suffix != ".json":
        return open_trained(path, score, device)

    def training() -> Tensor:
        return as_unit(training_images(prepared, normal, TrainingSubset()).to(device).pixels[:])

    return OwnDetector.load(path, training, device)


def open_trained(path: Path, score: ScoreSettings, device: torch.device) -> Detector | BaselineDetector:
    """The detector in the file at `path`, ours or a baseline, which has one score of its own."""
    content = read_torch(path, device)
    if is_baseline(content):
        return BaselineDetector.restored(path, content)
    return Detector.restored(path, content, score, device)


def open_source(
    args: Namespace, settings: EvaluationSettings, prepared: Prepared, device: torch.device
) -> Score:
    """The score of the detector whose gradient a transfer attack takes; raises UserError if it is another."""
    named = settings.source
    if args.source is None or named is None:
        raise UserError(
            "The attack is a transfer attack: give the other detector's file with --source, and its method "
            "and seed as source in --settings."
        )
    source = open_detector(args.source, named.score, prepared, args.normal, device)
    subject = {"dataset": args.dataset, "normal": args.normal, "method": named.method, "seed": named.seed}
    source.identity.require(args.source, "detector", subject, {"data": prepared.digest})
    return source.score


def score_of(detector: AnyDetector, settings: ScoreSettings) -> Score:
    """The detector's score, with the planted fault if one is asked for."""
    if settings.masker == "none":
        return detector.score
    if not isinstance(detector, Detector):
        raise UserError(f"The masker {settings.masker} is for detectors of ours: remove it.")
    return MASKERS[settings.masker](detector)


def smoothed(detector: AnyDetector, attack: AttackSettings) -> Score:
    """The detector's score with its maximum over neighbours smoothed; raises UserError if it has none."""
    if not (isinstance(detector, Detector) and detector.has_neighbours):
        raise UserError(
            f"objective {attack.objective} needs a score with a maximum over neighbours, which this one has "
            "not: use objective score."
        )
    pool = smooth_pool(attack)
    return lambda images: detector.pooled(images, pool)


def smooth_pool(attack: AttackSettings) -> Pool:
    """The smooth stand-in for the maximum over neighbours, of similarities [N, K], that `attack` names.

        logsumexp  T log sum_k exp(similarity_k / T): near the maximum for small T, the mean's slope for large
        topk       the mean of the k largest (of all, if there are fewer)

    Reviewers of the paper asked for attacks adapted to the maximum: its gradient pulls towards one neighbour,
    and another takes over behind the attack's back. Ours; the score kept is the true one.
    """
    temperature, most = attack.temperature, attack.neighbours
    if attack.objective == "logsumexp":
        return lambda similarities: temperature * (similarities / temperature).logsumexp(dim=1)
    return lambda similarities: similarities.topk(min(most, similarities.shape[1]), dim=1).values.mean(dim=1)
