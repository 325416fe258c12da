"""Where the time of a step of PGD goes, and how near it comes to what the machine can do.

    python benchmarks/roofline.py --threads 1 --batch 32 --output roofline.json

Measured one after another: the machine's ceilings (matrix products, convolutions, copies), each shape of
convolution that ResNet-18 has, and whole attacks of our own, timed, then profiled once more.
"""

from argparse import Namespace
from collections.abc import Callable
from typing import Any, Literal

import breakdown
import ceilings
import convolutions
import harness
import timing
import torch
from roofline_tables import text_of
from subjects import detector, random_bytes
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from cobra import command
from cobra.attacks.run import attack
from cobra.batching import steady
from cobra.data.one_class import as_unit
from cobra.detector import Detector
from cobra.runtime import prepare_device
from cobra.scoring import Score
from cobra.settings.attack import AttackSettings

BATCHES = {
    ("cpu", 32): [32],
    ("cpu", 224): [8],
    ("cuda", 32): [64, 256, 1024, 4096],
    ("cuda", 224): [16, 64, 256],
}
EPS = {32: 4 / 255, 224: 2 / 255}  # the paper's for low and for high resolution
PRECISIONS: tuple[Literal["fp32", "bf16"], ...] = ("fp32", "bf16")


def main() -> None:
    parser = harness.parser(__doc__)
    parser.add_argument("--side", type=int, choices=sorted(EPS), default=32)
    parser.add_argument("--batch", type=int, nargs="+", help="images at once; left out: by device and side")
    parser.add_argument("--steps", type=int, default=50, help="steps of an attack")
    parser.add_argument("--rounds", type=int, default=3, help="how often an attack is timed")
    parser.add_argument("--memory", type=int, default=5000, help="entries of the memory bank")
    parser.add_argument("--width", type=int, default=64, help="channels of ResNet-18's first stage")
    parser.add_argument("--least", type=float, default=0.2, help="seconds that an operation is timed for")
    args = parser.parse_args()
    device = prepare_device(args.device, args.threads)
    args.batch = args.batch or BATCHES[device.type, args.side]
    result = {"machine": harness.machine(device), "options": options(args)} | measured(args, device)
    harness.publish(args.output, result, text_of(result))


def options(args: Namespace) -> dict[str, Any]:
    """The options that decide what was measured."""
    return {name: getattr(args, name) for name in ("side", "batch", "steps", "rounds", "memory", "width")}


def measured(args: Namespace, device: torch.device) -> dict[str, Any]:
    """Ceilings, the attack at each batch and precision, and the shapes at the batch that was best."""
    limits = ceilings.measured(device, args.least)
    subject = detector(args.side, args.memory, device, args.width)
    attacks = [
        attacked(args, subject, device, batch, precision) for batch in args.batch for precision in PRECISIONS
    ]
    for its in attacks:
        its["of_matrix"] = its["flop_per_second"] / limits[its["format"]]["matrix"]
        its["of_convolution"] = its["flop_per_second"] / limits[its["format"]]["convolution"]
    best = max(attacks, key=lambda its: its["image_steps_per_second"])
    shapes = by_shape(args, subject, device, best["batch"], limits)
    return {"ceilings": limits, "attacks": attacks, "best": best, "shapes": shapes}


def attacked(
    args: Namespace, subject: Detector, device: torch.device, batch: int, precision: Literal["fp32", "bf16"]
) -> dict[str, Any]:
    """An attack of ours as a block of test images has it: its time, what it computes, where the time goes."""
    images = as_unit(random_bytes(batch, args.side, seed=2).to(device).pixels[:])
    settings = AttackSettings(eps=EPS[args.side], steps=args.steps, restarts=1, precision=precision)
    run = attack_of(subject.score, images, settings)
    flop = flop_of(run)  # sets the machine up, too
    seconds = min(timing.timed(run, harness.wait_for(device)) for _ in range(args.rounds))
    marked = attack_of(breakdown.marked_score(subject.score), images, settings)
    parts = breakdown.profiled(marked, breakdown.backbones(subject), device)
    return {
        "batch": batch,
        "precision": precision,
        "format": ceilings.format_of(precision, device),
        "seconds_per_step": seconds / args.steps,
        "image_steps_per_second": batch * args.steps / seconds,
        "flop": flop,
        "flop_per_second": flop / seconds,
        "parts": parts,
    } | ({"gpu_peak_mib": harness.peak_memory(device)["gpu_peak_mib"]} if device.type == "cuda" else {})


def attack_of(score: Score, images: Tensor, settings: AttackSettings) -> Callable[[], object]:
    """The attack of a block of images, each second one an anomaly."""
    ids = torch.arange(len(images), device=images.device)
    return lambda: attack(steady(score), images, ids % 2 == 1, settings, image_ids=ids, seed=0)


def flop_of(run: Callable[[], object]) -> int:
    """FLOP of all convolutions and matrix products that `run` asks torch for."""
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()


def by_shape(
    args: Namespace, subject: Detector, device: torch.device, batch: int, limits: dict[str, dict[str, float]]
) -> list[dict[str, Any]]:
    """Each shape of convolution in each format of an attack."""
    example = as_unit(random_bytes(1, args.side).to(device).pixels[:])
    found = convolutions.counted(subject.scorer.backbone, example)
    return [
        one_shape(args, shape, count, batch, ceilings.format_of(precision, device), device, limits)
        for precision in PRECISIONS
        for shape, count in found.items()
    ]


def one_shape(
    args: Namespace,
    shape: convolutions.Shape,
    count: int,
    batch: int,
    name: str,
    device: torch.device,
    limits: dict[str, dict[str, float]],
) -> dict[str, Any]:
    """What a shape computes and moves, how long it takes, and what bounds it."""
    dtype = ceilings.DTYPES[name]
    seconds = convolutions.timed(shape, batch, dtype, device, args.least)
    flop = shape.flop(batch)
    intensity = flop / shape.moved(batch, dtype.itemsize)
    ceiling = max(limits[name]["matrix"], limits[name]["convolution"])
    bandwidth = limits["copy"]["bytes_per_second"]
    return {
        "shape": str(shape),
        "count": count,
        "batch": batch,
        "format": name,
        "flop": flop,
        "flop_per_byte": intensity,
        "bound_by": "memory" if convolutions.is_bound_by_memory(intensity, ceiling, bandwidth) else "compute",
        "seconds": seconds,
    }


if __name__ == "__main__":
    command.run(main)
