"""Time of a step of PGD on an anomaly score: ours, a plain PyTorch loop, torchattacks, foolbox and ART.

    python -m benchmarks.attack_step --side 32 224 --rounds 5 --output attack-step.json

Ours runs in one process, all others in a second. In each round every candidate makes one call of --steps
steps while the others wait; the order rotates. A call's time includes what it does around its steps: ours
also scores the clean images and the last iterate, foolbox and ART classify the last one.
"""

from argparse import Namespace
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor

from benchmarks.lib import harness, timing
from benchmarks.lib.own_process import own_process, shared_device
from benchmarks.lib.peers import Candidates, Problem, peers
from benchmarks.lib.subjects import EPS, attack_of, detector, random_images
from cobra.attacks.batching import EIGHT, steady
from cobra.attacks.evaluation import Budget
from cobra.attacks.settings import AttackSettings
from cobra.machine import options, script
from cobra.machine.device import prepare_device

OURS, HALF = "ours", "ours, gradients in bf16"
PRECISIONS: dict[str, Literal["fp32", "bf16"]] = {OURS: "fp32", HALF: "bf16"}
ALLOCATIONS = {
    "own": "kept by ours as in a job of the workflow, by the others as in any process",
    "job": "kept as in a job of the workflow",
    "default": "kept as in any process",
}
BATCHES = {32: 32, 224: 4}
READY: dict[str, Callable[[], float]] = {}  # in a process of `measure`: one turn of each candidate


def main() -> None:
    parser = harness.parser(__doc__, rounds=5, steps=20, memory=1000, width=64)
    parser.add_argument("--side", type=int, nargs="+", choices=sorted(BATCHES), default=sorted(BATCHES))
    parser.add_argument("--batch", type=options.positive, help=f"images; default by side: {BATCHES}")
    kept = "how processes keep memory: each as its users have it, or all alike"
    parser.add_argument("--allocation", choices=list(ALLOCATIONS), default="own", help=kept)
    args = parser.parse_args()
    args.device = shared_device(args.device)
    measured = [measure(args, side) for side in args.side]
    harness.publish(args.output, {"measured": measured}, "\n".join(map(table, measured)))


def measure(args: Namespace, side: int) -> dict[str, Any]:
    """All candidates on images of one size."""
    ours_as_job, others_as_job = args.allocation in ("own", "job"), args.allocation == "job"
    with own_process(ours_as_job) as in_ours, own_process(others_as_job) as in_others:
        own, others = in_ours(set_up, args, side, ours), in_others(set_up, args, side, peers)
        turns = {name: partial(in_ours, turn, name) for name in own["gains"]}
        turns |= {name: partial(in_others, turn, name) for name in others["gains"]}
        rounds = timing.in_rounds(turns, args.rounds)
    options = {name: getattr(args, name) for name in ("steps", "memory", "width", "allocation")}
    return own | options | {
        "side": side,
        "candidates": timing.compared(rounds, OURS, args.steps),
        "gains": own["gains"] | others["gains"],
        "missing": others["missing"],
        "rounds": rounds,
    }  # fmt: skip


def set_up(args: Namespace, side: int, candidates: Callable[[Problem], Candidates]) -> dict[str, Any]:
    """Prepare this process's candidates and run each once; what they gained, and which are missing."""
    device = prepare_device(args.device, args.threads)
    where, clock = harness.machine(device), timing.clock_of(device)
    images = random_images(args.batch or BATCHES[side], side, device, seed=2)
    problem = Problem(detector(side, args.memory, device, args.width), images, EPS[side], args.steps)
    found, missing = candidates(problem)
    torch.backends.cudnn.deterministic = candidates is ours  # others need not pay for repeatable algorithms
    READY.update({name: partial(timing.timed, run, clock) for name, run in found.items()})
    gains = {name: problem.gain(run()) for name, run in found.items()}
    return {"machine": where, "batch": len(images), "gains": gains, "missing": missing}


def turn(name: str) -> float:
    return READY[name]()


def ours(problem: Problem) -> Candidates:
    """The attack as attack_detector.py makes it on a block of test images, in each precision."""
    return {name: attacked(problem, precision) for name, precision in PRECISIONS.items()}, {}


def attacked(problem: Problem, precision: Literal["fp32", "bf16"]) -> Callable[[], Tensor]:
    """Our attack; it gives the worst scores."""
    score = Budget().counting(steady(problem.detector.score))
    settings = AttackSettings(eps=problem.eps, steps=problem.steps, restarts=1, precision=precision)
    run = attack_of(score, problem.images, settings)
    return lambda: run().attacked


def table(measured: dict[str, Any]) -> str:
    rows = [
        {
            "candidate": name,
            "ms per step": f"{1000 * its['seconds']:.1f}",
            "times ours": timing.ratio_cell(its),
            "score moved by": f"{measured['gains'][name]:.4f}",
        }
        for name, its in measured["candidates"].items()
    ]
    side, batch = measured["side"], measured["batch"]
    title = f"A step of PGD, {batch} images of {side}x{side} pixels, {measured['memory']:,} memory entries"
    notes = [
        f"ResNet-18 of width {measured['width']}; medians of {len(measured['rounds'])} rounds of "
        f"{measured['steps']} steps; memory {ALLOCATIONS[measured['allocation']]}"
    ]
    notes += [f"not measured: {name}: {why}" for name, why in measured["missing"].items()]
    if lacking := -batch % EIGHT:
        notes.append(
            f"ours computes on {batch + lacking} images: batches are filled up to multiples of {EIGHT}"
        )
    return harness.markdown(title, measured["machine"], rows, notes)


if __name__ == "__main__":
    script.run(main)
