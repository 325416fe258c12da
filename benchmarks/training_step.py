"""Time and image passes of a training step: ours, with its ascent in bf16, and in the released order.

    python -m benchmarks.training_step --batch 8 --rounds 5 --output training-step.json

Settings are the paper's (ResNet-18 of width 64, PGD-10, L_COBRA + L_CLS) unless an option says otherwise.
Each step has a network of its own; weights and random images are equal. The steps take turns in rounds whose
order rotates. None has the threshold filter, which the released code ships switched off.
"""

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from benchmarks.lib import harness, timing
from benchmarks.lib.released_step import ReleasedStep
from benchmarks.lib.subjects import trainer
from cobra.experiment.random_training import RATE, inputs, training_step
from cobra.machine import options, script
from cobra.machine.device import prepare_device
from cobra.training.trainer import Trainer

OURS, HALF, RELEASED = "ours", "ours, ascent in bf16", "released"
ASCENTS = {OURS: None, HALF: "bf16", RELEASED: None}  # format of the ascent; None: as all else


def main() -> None:
    parser = harness.parser(__doc__, batch=8, side=32, width=64, steps=10, rounds=5)
    parser.add_argument("--eps", type=options.eps, default=4 / 255)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32", help="of the whole step")
    args = parser.parse_args()
    device = prepare_device(args.device, args.threads)
    where, clock = harness.machine(device), timing.clock_of(device)
    trainers = {name: prepared(args, device, ascent) for name, ascent in ASCENTS.items()}
    steps = {name: (released if name == RELEASED else training_step)(its) for name, its in trainers.items()}
    passes = {name: counted(step, trainers[name]) for name, step in steps.items()}
    turns = {name: partial(timing.timed, step, clock) for name, step in steps.items()}
    rounds = timing.in_rounds(turns, args.rounds)
    result = {
        "machine": where,
        "options": {name: value for name, value in vars(args).items() if name != "output"},
        "passes_per_normal_image": passes,
        "candidates": timing.compared(rounds, OURS),
        "rounds": rounds,
    }
    harness.publish(args.output, result, table(result))


def prepared(args: argparse.Namespace, device: torch.device, ascent: str | None) -> Trainer:
    """A training of ours with fresh weights and its ascent in a format."""
    adversary = {"eps": args.eps, "steps": args.steps, "precision": ascent}
    schedule = {"batch_size": args.batch, "precision": args.precision}
    return trainer(device, args.batch, args.side, args.width, adversary=adversary, schedule=schedule)


def released(trainer: Trainer) -> Callable[[], object]:
    """The same step in the order of the released code."""
    rows, random = inputs(trainer)
    return partial(ReleasedStep(trainer).step, rows, random, RATE)


def counted(step: Callable[[], object], trainer: Trainer) -> float:
    """Backbone passes of a step per normal image; the step also warms up what is timed."""
    seen: list[int] = []
    backbone = trainer.network.backbone
    hook = backbone.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    try:
        step()
    finally:
        hook.remove()
    return sum(seen) / len(trainer.images)


def table(result: dict[str, Any]) -> str:
    its = result["options"]
    rows = [
        {
            "step": name,
            "passes per normal image": f"{result['passes_per_normal_image'][name]:g}",
            "seconds": f"{found['seconds']:.3f}",
            "times ours": timing.ratio_cell(found),
        }
        for name, found in result["candidates"].items()
    ]
    title = f"A training step, {its['batch']} normal images of {its['side']}x{its['side']} pixels"
    network = f"ResNet-18 of width {its['width']}, PGD-{its['steps']}, {its['precision']}"
    return harness.markdown(title, result["machine"], rows, [f"{network}; medians of {its['rounds']} rounds"])


if __name__ == "__main__":
    script.run(main)
