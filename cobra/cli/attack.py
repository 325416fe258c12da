"""`cobra attack`: the attack suite on anybody's score, and what the gates say of the figure."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import torch
from tabulate import tabulate

from cobra.artifacts import write_bytes, write_json, write_table
from cobra.batching import block_size, steady
from cobra.checkpoints import Scratch
from cobra.command import add_machine
from cobra.data.one_class import TestImages, as_unit, testing_images, training_images
from cobra.data.own import own_entry
from cobra.data.sources import contents_digest
from cobra.data.store import Prepared, read_prepared
from cobra.data.whole import prepare
from cobra.errors import UserError
from cobra.metrics import auroc
from cobra.own_detector import own_score, require_score
from cobra.provenance import Identity, make_identity
from cobra.runtime import describe_device, prepare_device
from cobra.scoring import score_table
from cobra.settings.attack import AttackSettings
from cobra.settings.base import read_ratio
from cobra.settings.data import PreparationPolicy, TestSubset, TrainingSubset
from cobra.settings.dataset import DatasetConfig, preparation_of
from cobra.settings.errors import validate
from cobra.settings.own import OwnDetectorSettings
from cobra.suite import SUITE, SuiteResult, run_suite, standard_suite
from cobra.user_code import source_digests

NAME = "folder"  # what the data set is called in artifacts


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Its options."""
    made = commands.add_parser(
        "attack", help="attack any score: a function from images in [0, 1] to one number each"
    )
    made.add_argument("--score", help="package.module:function from images [N, 3, H, W] to scores [N]")
    made.add_argument("--fit", help="package.module:function from normal training images to such a score")
    made.add_argument("--data", type=Path, required=True, help="folder of images (docs/data/own-folder.md)")
    made.add_argument("--normal", help="class that is normal; left out: each in turn")
    made.add_argument("--resolution", type=int, help="side of the images in pixels; left out: 224")
    made.add_argument("--limit", type=int, help="test images per group; left out: all")
    made.add_argument("--eps", help="l-inf budget, such as 4/255; left out: the paper's for the resolution")
    made.add_argument("--attacks", nargs="+", choices=SUITE, default=SUITE, help="left out: all of them")
    made.add_argument("--steps", type=int, default=100, help="steps per restart (100)")
    made.add_argument("--restarts", type=int, default=2, help="restarts (2)")
    made.add_argument("--seed", type=int, default=0, help="of the random starts (0)")
    made.add_argument("--output", type=Path, default=Path("results/attacked"), help="folder of score files")
    add_machine(made)
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Prepare the images, attack the score for each normal class, print and write what was found."""
    settings = validate(OwnDetectorSettings, {"score": args.score, "fit": args.fit}, "cobra attack")
    device = prepare_device(args.device, args.threads)
    prepared, eps = _prepared(args)
    attacks = standard_suite(args.attacks, eps, args.steps, args.restarts)
    texts = []
    for normal in _classes(prepared, args.normal):
        texts.append(_attack(args, settings, prepared, normal, attacks, device))
        print(texts[-1])
    write_bytes(args.output / "summary.md", "\n".join(texts).encode())


def _attack(
    args: argparse.Namespace,
    settings: OwnDetectorSettings,
    prepared: Prepared,
    normal: str,
    attacks: dict[str, AttackSettings],
    device: torch.device,
) -> str:
    """The suite on the score of one normal class; what was found as text."""
    training = training_images(prepared, normal, TrainingSubset()).to(device).pixels
    score = own_score(settings, lambda: as_unit(training[:]), device)
    require_score(score, as_unit(training[:2]))
    subset = TestSubset(normal_limit=args.limit, anomaly_limit=args.limit)
    test = testing_images(prepared, normal, subset).to(device)
    identity = make_identity(
        "suite",
        {"dataset": NAME, "normal": normal, "method": args.score or args.fit, "seed": args.seed},
        {
            "own": settings.model_dump(mode="json"),
            "attacks": {name: chosen.model_dump(mode="json") for name, chosen in attacks.items()},
            "subset": subset.model_dump(mode="json"),
        },
        __file__,
        inputs={"data": prepared.digest} | source_digests(settings),
        device=describe_device(device),
    )
    size = block_size(score, as_unit(test.images.pixels[:1]), args.threads)
    with Scratch.hold(args.scratch, identity) as scratch:
        found = run_suite(steady(score), test, attacks, seed=args.seed, block_size=size, scratch=scratch)
        text = _keep(args.output / normal, normal, test, found, identity)
        scratch.remove()
    return text


def _prepared(args: argparse.Namespace) -> tuple[Prepared, float]:
    """The images as an array, prepared again only if the folder or the settings changed, and eps."""
    config = validate(
        DatasetConfig, {"folder": str(args.data), "resolution": args.resolution}, "cobra attack"
    )
    entry = own_entry(NAME, args.data, args.resolution)
    preparation = preparation_of(config, entry, entry.layouts[0].reader)
    output = args.output / "images.npy"
    stamp = output.with_suffix(".contents")
    contents = f"{contents_digest(args.data)} {preparation.model_dump_json()}"
    if not (stamp.is_file() and stamp.read_text() == contents and output.is_file()):
        policy = PreparationPolicy(needed=[])
        prepare(
            NAME,
            [args.data],
            preparation,
            policy,
            script=__file__,
            threads=args.threads,
            scratch=args.scratch,
            output=output,
        )
        write_bytes(stamp, contents.encode())
    return read_prepared(output), _eps(args.eps, entry.eps)


def _eps(given: str | None, usual: float) -> float:
    if given is None:
        return usual
    try:
        eps = float(read_ratio(given))
    except ValueError as error:
        raise UserError(f"--eps {error}.") from None
    if not 0 <= eps <= 1:
        raise UserError(f"--eps {given} is outside [0, 1]: give a ratio such as 4/255.")
    return eps


def _classes(prepared: Prepared, normal: str | None) -> Iterator[str]:
    known = list(prepared.identity.settings["classes"])
    if normal is not None and normal not in known:
        raise UserError(f"--normal {normal} is no class of the folder: choose among {', '.join(known)}.")
    yield from known if normal is None else [normal]


def _keep(folder: Path, normal: str, test: TestImages, found: SuiteResult, identity: Identity) -> str:
    """Write score files and verdicts; the findings as text."""
    for name, columns in found.columns.items():
        own = identity.model_copy(update={"kind": "scores", "subject": identity.subject | {"attack": name}})
        write_table(folder / f"{name}.parquet", score_table(test, dict(columns)), own)
    verdicts = [verdict.model_dump() for verdict in found.verdicts]
    write_json(folder / "gates.json", {"verdicts": verdicts}, identity)
    return _text(normal, test, found)


def _text(normal: str, test: TestImages, found: SuiteResult) -> str:
    """Figures and verdicts for a person."""
    truth = test.is_anomaly.cpu().numpy()
    rows = [["none", auroc(found.clean, truth)]]
    rows += [
        [name, auroc(columns["attacked"].cpu().numpy(), truth)]
        for name, columns in found.columns.items()
        if name != "doubled"
    ]
    rows.append(["the worst per image", auroc(found.worst, truth)])
    gates = [[verdict.gate, verdict.name, verdict.verdict, verdict.said] for verdict in found.verdicts]
    failed = [str(verdict.gate) for verdict in found.verdicts if verdict.verdict == "fail"]
    ending = (
        f"Not to be called robust: it fails gate {', '.join(failed)}; a better attack may find less."
        if failed
        else "It passed the gates that apply."
    )
    tables = (
        tabulate(rows, ["attack", "AUROC (%)"], "pipe", floatfmt=".1f"),
        tabulate(gates, ["gate", "name", "verdict", "why"], "pipe"),
    )
    return "\n\n".join([f"# {normal} normal, {len(truth)} test images", *tables, ending]) + "\n"
