"""Time of a step of PGD on an anomaly score: ours, a plain PyTorch loop, and other libraries.

    python benchmarks/attack_step.py --side 32 224 --rounds 5 --output attack-step.json

Ours runs in one process and all others in a second; they take turns in rounds, each doing the same number of
steps while the other waits, the order rotated. What a call does around its steps is counted in: ours also
scores the clean images and the last iterate, foolbox and ART classify the last one. The more steps a turn
has, the less that weighs.
"""

from argparse import Namespace
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import apart
import harness
import timing
import torch
from peers import Problem, TwoClasses, at_torchs_defaults, available, plain_score
from subjects import detector, random_bytes
from torch import Tensor

from cobra import command
from cobra.attacks.run import attack
from cobra.batching import EIGHT, steady
from cobra.data.one_class import as_unit
from cobra.detector import Detector
from cobra.evaluation import Budget
from cobra.runtime import prepare_device
from cobra.settings.attack import AttackSettings

OURS, HALF = "ours", "ours, gradients in bf16"
PRECISIONS: dict[str, Literal["fp32", "bf16"]] = {OURS: "fp32", HALF: "bf16"}
ALLOCATIONS = {
    "own": "kept by ours as in a job of the workflow, by the others as in any process",
    "job": "kept as in a job of the workflow",
    "default": "kept as in any process",
}
Candidates = tuple[dict[str, Callable[[], Tensor]], dict[str, str]]  # and of those missing, why
BATCHES = {32: 32, 224: 4}
EPS = {32: 4 / 255, 224: 2 / 255}  # the paper's for low and for high resolution


def main() -> None:
    parser = harness.parser(__doc__)
    parser.add_argument("--side", type=int, nargs="+", choices=sorted(BATCHES), default=sorted(BATCHES))
    parser.add_argument("--batch", type=int, help=f"images; left out, by side: {BATCHES}")
    parser.add_argument("--rounds", type=int, default=5, help="how often each candidate has its turn")
    parser.add_argument("--steps", type=int, default=20, help="steps of a turn")
    parser.add_argument("--memory", type=int, default=1000, help="entries of the memory bank")
    parser.add_argument("--width", type=int, default=64, help="channels of ResNet-18's first stage")
    parser.add_argument(
        "--peers-on", choices=["plain", "folded"], default="plain",
        help="network of the others: as trained, in evaluation mode, or folded as ours is",
    )  # fmt: skip
    parser.add_argument(
        "--allocation", choices=list(ALLOCATIONS), default="own",
        help="how the processes keep their memory (cobra/allocation.py): each as its users have it, both as "
        "jobs of the workflow do, or both as any process does",
    )  # fmt: skip
    args = parser.parse_args()
    args.device = apart.shared_device(args.device)
    measured = [measure(args, side) for side in args.side]
    where = measured[0].pop("machine")
    text = "\n".join(table(its.pop("machine", where), its) for its in measured)
    harness.publish(args.output, {"machine": where, "measured": measured}, text)


def measure(args: Namespace, side: int) -> dict[str, Any]:
    """All candidates on images of one size."""
    ours_alone, others_alone = (
        apart.own_process(as_job=args.allocation in kept) for kept in (["own", "job"], ["job"])
    )
    with ours_alone as in_ours, others_alone as in_others:
        own, others = (
            in_ours(set_up, args, side, our_candidates),
            in_others(set_up, args, side, their_candidates),
        )
        turns = {name: partial(in_ours, turn, name) for name in own["gains"]}
        turns |= {name: partial(in_others, turn, name) for name in others["gains"]}
        rounds = timing.in_rounds(turns, args.rounds)
    return {
        "machine": own["machine"],
        "side": side,
        "batch": own["batch"],
        "steps": args.steps,
        "memory": args.memory,
        "width": args.width,
        "peers_on": args.peers_on,
        "allocation": args.allocation,
        "candidates": timing.as_rows(timing.compared(rounds, OURS, args.steps)),
        "gains": own["gains"] | others["gains"],
        "missing": others["missing"],
        "rounds": rounds,
    }


READY: dict[str, Callable[[], float]] = {}  # in a process of `measure`: its candidates, and a turn of each


def set_up(args: Namespace, side: int, candidates: Callable[..., Candidates]) -> dict[str, Any]:
    """Make candidates ready in this process, and run each once: what they gained, and which are missing."""
    device = prepare_device(args.device, args.threads)
    where = harness.machine(device)
    subject = detector(side, args.memory, device, args.width)
    problem, model = posed(args, side, subject, device)
    found, missing = candidates(subject, problem, model)
    wait = harness.wait_for(device)
    READY.update({name: partial(timing.timed, run, wait) for name, run in found.items()})
    gains = {name: gain(problem, name, run()) for name, run in found.items()}
    return {"machine": where, "batch": len(problem.images), "gains": gains, "missing": missing}


def turn(name: str) -> float:
    """Seconds of one call of a candidate of this process."""
    return READY[name]()


def posed(args: Namespace, side: int, subject: Detector, device: torch.device) -> tuple[Problem, TwoClasses]:
    """The attack that all are asked for, half of the images anomalies, and its two-class view."""
    images = as_unit(random_bytes(args.batch or BATCHES[side], side, seed=2).to(device).pixels[:])
    network = subject.network if args.peers_on == "plain" else subject.scorer
    score = plain_score(subject, network)
    is_anomaly = torch.arange(len(images), device=device) % 2 == 1
    with torch.no_grad():
        threshold = float(score(images).mean())
    problem = Problem(score, images, is_anomaly, EPS[side], args.steps)
    return problem, TwoClasses(network, score, threshold).eval()


def our_candidates(subject: Detector, problem: Problem, _: TwoClasses) -> Candidates:
    """Ours with the gradient in each precision."""
    return {name: ours(subject, problem, precision) for name, precision in PRECISIONS.items()}, {}


def their_candidates(_: Detector, problem: Problem, model: TwoClasses) -> Candidates:
    """The plain loop and the libraries that are here; and which are not, and why."""
    found, missing = available(problem, model)
    return {name: at_torchs_defaults(run) for name, run in found.items()}, missing


def ours(subject: Detector, problem: Problem, precision: Literal["fp32", "bf16"]) -> Callable[[], Tensor]:
    """The attack as a block of test images has it; gives the worst scores."""
    score = Budget().counting(steady(subject.score))
    settings = AttackSettings(eps=problem.eps, steps=problem.steps, restarts=1, precision=precision)
    ids = torch.arange(len(problem.images), device=problem.images.device)
    return lambda: attack(score, problem.images, problem.is_anomaly, settings, image_ids=ids, seed=0).attacked


def gain(problem: Problem, name: str, found: Tensor) -> float:
    """What a candidate gained, by the plain score: proof that it went the way it was asked."""
    with torch.no_grad():
        return problem.gain(found if name in PRECISIONS else problem.score(found))


def table(where: dict[str, Any], measured: dict[str, Any]) -> str:
    """The measurement for people."""
    rows = [
        {
            "candidate": name,
            "ms per step": f"{1000 * its['seconds']:.1f}",
            "times ours": f"{its['ratio']:.2f} ({its['least']:.2f} to {its['most']:.2f})",
            "score moved by": f"{measured['gains'][name]:.4f}",
        }
        for name, its in measured["candidates"].items()
    ]
    side, batch = measured["side"], measured["batch"]
    title = f"A step of PGD, {batch} images of {side}x{side} pixels, {measured['memory']:,} memory entries"
    return harness.markdown(title, where, rows, notes(measured))


def notes(measured: dict[str, Any]) -> list[str]:
    """How it was measured, what is missing, and what is unlike for some."""
    count = len(measured["rounds"])
    found = [
        f"ResNet-18 of width {measured['width']}; medians of {count} rounds of {measured['steps']} steps; "
        f"others on the {measured['peers_on']} network; memory {ALLOCATIONS[measured['allocation']]}"
    ]
    found += [f"not measured: {name}: {why}" for name, why in measured["missing"].items()]
    if measured["batch"] % EIGHT:
        whole = -(-measured["batch"] // EIGHT) * EIGHT
        found.append(f"ours computes on {whole} images, as batches are filled up to multiples of {EIGHT}")
    return found


if __name__ == "__main__":
    command.run(main)
