"""`cobra attack`: the attack suite on one detector's score, and the verdicts of the gates."""

import argparse
from functools import partial
from pathlib import Path

import torch

from cobra.artifacts.checkpoints import Scratch
from cobra.artifacts.files import write_bytes
from cobra.artifacts.identity import make_identity
from cobra.attacks.batching import block_size, steady
from cobra.cli.attack_images import digest_of, images_of
from cobra.cli.attack_output import (
    claim_of,
    held_output,
    in_words,
    remove_outdated,
    require_same,
    write_claim,
    write_results,
)
from cobra.cli.leaderboard import Task, leaderboard_options, require_complete, task_of, write_record
from cobra.cli.open_detector import SCORES, Attacked, attacked_of
from cobra.data.one_class import as_unit, testing_images, training_images
from cobra.data.own_folder import require_apart
from cobra.data.prepared import Prepared
from cobra.data.settings import TrainingSubset
from cobra.gates.suite import SUITE, run_suite
from cobra.machine import options
from cobra.machine.device import describe_device, prepare_device
from cobra.machine.script import add_machine


def attack_options(made: argparse.ArgumentParser) -> None:
    """Its options."""
    _add_detector(made)
    _add_images(made)
    _add_suite(made)
    leaderboard_options(made)
    add_machine(made)
    made.set_defaults(run=run)


def _add_detector(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--score",
        type=options.name,
        help="package.module:function from images [N, 3, H, W] to scores [N]; with --detector one of "
        f"{', '.join(SCORES)} (left out: similarity, or the one score of a baseline)",
    )
    made.add_argument(
        "--detector", type=options.path, help="detector.pt, ours or a baseline, trained by the workflow"
    )
    made.add_argument(
        "--fit", type=options.name, help="package.module:function from normal training images to such a score"
    )
    made.add_argument(
        "--files",
        nargs="+",
        default=[],
        help="with --score or --fit: what it reads (weights); when one changes, all is attacked anew",
    )


def _add_images(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--data",
        type=options.path,
        required=True,
        help="folder of images (docs/data.md), or images.npy that the workflow prepared",
    )
    made.add_argument("--normal", type=options.name, help="class that is normal; left out: each in turn")
    made.add_argument("--resolution", type=options.side, help="side of the images in pixels; left out: 224")
    made.add_argument("--limit", type=options.positive, help="test images per group; left out: all")


def _add_suite(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--eps",
        type=options.eps,
        help="l-inf budget, such as 4/255; left out: the paper's for the resolution",
    )
    made.add_argument("--attacks", nargs="+", choices=SUITE, help="left out: all of them")
    made.add_argument("--steps", type=options.steps, help="steps per restart (100)")
    made.add_argument("--restarts", type=options.restarts, help="restarts (2)")
    made.add_argument(
        "--seed",
        type=options.seed,
        help="of the random starts; left out: 0, or the seed of the trained detector",
    )
    made.add_argument(
        "--output", type=options.folder, default=Path("results/attacked"), help="folder of score files"
    )


def run(args: argparse.Namespace) -> None:
    """Prepare the images, attack the score for each normal class, print and write what was found."""
    require_complete(args)
    for name in ("output", "scratch"):
        require_apart(args.data, getattr(args, name), f"--{name}")
    with held_output(args.output):
        device = prepare_device(args.device, args.threads)
        attacked = attacked_of(args, device)
        digests = partial(digests_of, args, attacked)
        require_same(args.output, claim_of(args, attacked.score), digests)
        prepared, eps = images_of(args)
        classes = attacked.classes(args, prepared)
        task = task_of(args, prepared, eps, str(attacked.subject["dataset"]))
        for normal in classes:  # what any of them lacks is told before hours of attacks on the first
            training_images(prepared, normal, TrainingSubset())
            testing_images(prepared, normal, task.subset)
        remarks = "".join(f"\n- {remark}\n" for remark in prepared.remarks)
        texts = []
        for normal in classes:
            texts.append(_attack(args, attacked, prepared, normal, task, device) + remarks)
            print(texts[-1])
            write_bytes(args.output / "summary.md", "\n".join(texts).encode())


def digests_of(args: argparse.Namespace, attacked: Attacked) -> dict[str, str]:
    """What is attacked, and on what, by content: the same wherever it lies."""
    return {"detector": f"{attacked.inputs['detector']} {attacked.score}", "data": digest_of(args)}


def _attack(
    args: argparse.Namespace,
    attacked: Attacked,
    prepared: Prepared,
    normal: str,
    task: Task,
    device: torch.device,
) -> str:
    """The suite on the score of one normal class; what was found as text."""
    training = training_images(prepared, normal, TrainingSubset()).to(device)
    score = attacked.ready(training)
    test = testing_images(prepared, normal, task.subset).to(device)
    seed = int(attacked.subject["seed"] if args.seed is None else args.seed)
    identity = make_identity(
        "suite",
        {
            "dataset": task.dataset,
            "normal": normal,
            "method": args.name or attacked.subject["method"],
            "seed": seed,
            "score": attacked.score,
        },
        attacked.settings | task.settings,
        __file__,
        *(module for chosen in task.plan.all_attacks.values() for module in chosen.modules),
        inputs={"data": prepared.digest} | attacked.inputs,
        device=describe_device(device),
    )
    size = block_size(score, as_unit(test.images.pixels[:1]), args.threads)
    with Scratch.hold(args.scratch, identity) as scratch:
        found = run_suite(steady(score), test, task.plan, seed=seed, block_size=size, scratch=scratch)
        write_claim(args.output, claim_of(args, attacked.score), digests_of(args, attacked))
        remove_outdated(args.output, identity.inputs)
        folder = args.output / normal
        write_results(folder, test, found, identity, task, attacked.kind)
        text = in_words(normal, test, found)
        if args.record is not None:
            text += f"\n{write_record(args, task, folder, found.verdicts, __file__)}\n"
        scratch.remove()
    return text
