"""Time and image passes of one training step: ours, and in the order of the released code.

    python benchmarks/training_step.py --device cpu --batch 8 --rounds 5 --output step.json

Settings are the paper's (ResNet-18 of width 64, PGD-10, L_COBRA + L_CLS) unless an option says otherwise;
images are random bytes, for their content changes no time. The steps work on networks of their own with
equal weights, on the same images, in rounds whose order rotates. The threshold filter is left out of all:
the released code ships it switched off.
"""

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import harness
import timing
import torch
from released_step import ReleasedStep
from torch import Tensor, nn

from cobra import command
from cobra.data.one_class import Images
from cobra.models import Network
from cobra.randomness import ImageRandom
from cobra.runtime import prepare_device
from cobra.settings.detector import DetectorSettings
from cobra.training import Trainer

OURS, RELEASED = "ours", "released"
# Of each step the format of the ascent; None: as all else.
ASCENTS = {OURS: None, "ours, ascent in bf16": "bf16", RELEASED: None}
RATE = 1e-4  # small: weights stay finite on random images
Step = Callable[[], object]


@dataclass
class Passes:
    """Rows that went through a backbone, and of them those whose activations were kept for a gradient."""

    forward: int = 0
    gradient: int = 0


def main() -> None:
    args = parsed()
    device = prepare_device(args.device, args.threads)
    where = harness.machine(device)
    trainers = {name: trainer(args, device, precision) for name, precision in ASCENTS.items()}
    steps = {name: (released if name == RELEASED else ours)(its) for name, its in trainers.items()}
    passes = {name: counted(step, trainers[name]) for name, step in steps.items()}
    rounds = timing.paired(steps, args.rounds, wait=harness.wait_for(device))
    result = {"machine": where, "options": options(args)} | compared(passes, rounds)
    harness.publish(args.output, result, table(result))


def parsed() -> argparse.Namespace:
    parser = harness.parser(__doc__)
    parser.add_argument("--batch", type=int, default=8, help="normal images per step (the paper: 128)")
    parser.add_argument("--size", type=int, default=32, help="pixels of a side")
    parser.add_argument("--stem", choices=["low", "high"], default="low", help="high for 224 pixels")
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--steps", type=int, default=10, help="of PGD")
    parser.add_argument("--eps", type=float, default=4 / 255)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--rounds", type=int, default=5, help="measured, after one that is not")
    return parser.parse_args()


def options(args: argparse.Namespace) -> dict[str, Any]:
    """The options that decide what was measured."""
    return {name: value for name, value in vars(args).items() if name not in ("output", "device")}


def trainer(args: argparse.Namespace, device: torch.device, ascent: str | None) -> Trainer:
    """A trainer of ours with fresh weights; equal each time but for the format of its ascent."""
    settings = DetectorSettings.model_validate(
        {
            "model": {"backbone": args.backbone, "width": args.width, "stem": args.stem},
            "adversary": {"eps": args.eps, "steps": args.steps, "precision": ascent},
            "schedule": {"batch_size": args.batch, "precision": args.precision},
        }
    )
    generator = torch.Generator().manual_seed(0)
    shape = (args.batch, 3, args.size, args.size)
    pixels = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
    return Trainer(Images(pixels, torch.arange(args.batch)).to(device), settings, seed=0)


def ours(trainer: Trainer) -> Step:
    """Our step on all images of a trainer."""
    rows, random = inputs(trainer)

    return lambda: trainer.step(rows, random, RATE, defaultdict(float))


def released(trainer: Trainer) -> Step:
    """The same in the order of the released code."""
    rows, random = inputs(trainer)
    step = ReleasedStep(trainer)
    return lambda: step.step(rows, random, RATE)


def inputs(trainer: Trainer) -> tuple[Tensor, ImageRandom]:
    """All images of a trainer as one batch, and their random numbers."""
    rows = torch.arange(len(trainer.images), device=trainer.device)
    return rows, ImageRandom.of(trainer.seed, trainer.images.ids, "step")


def counted(step: Step, trainer: Trainer) -> dict[str, float]:
    """Passes of a step per normal image; the step also warms up what is to be timed."""
    with counting(trainer.network) as passes:
        step()
    return {name: count / len(trainer.images) for name, count in asdict(passes).items()}


@contextmanager
def counting(network: Network) -> Iterator[Passes]:
    """Counts the images that go through the backbone."""
    passes = Passes()

    def count(_: nn.Module, inputs: tuple[Tensor]) -> None:
        passes.forward += len(inputs[0])
        passes.gradient += len(inputs[0]) * torch.is_grad_enabled()

    hook = network.backbone.register_forward_pre_hook(count)
    try:
        yield passes
    finally:
        hook.remove()


def compared(passes: dict[str, dict[str, float]], rounds: Sequence[timing.Round]) -> dict[str, Any]:
    """Per step its passes, the median of its seconds and its time over ours in the same round."""
    found = timing.as_rows(timing.compared(rounds, OURS, 1))
    return {
        "passes_per_normal_image": passes,
        "median_seconds": {name: its["seconds"] for name, its in found.items()},
        "ratio_of_passes": passes[RELEASED]["forward"] / passes[OURS]["forward"],
        "candidates": found,
        "rounds": rounds,
    }


def table(result: dict[str, Any]) -> str:
    """The measurement for people."""
    its = result["options"]
    rows = [
        {
            "step": name,
            "passes per normal image": f"{result['passes_per_normal_image'][name]['forward']:g}",
            "seconds": f"{found['seconds']:.3f}",
            "times ours": f"{found['ratio']:.2f} ({found['least']:.2f} to {found['most']:.2f})",
        }
        for name, found in result["candidates"].items()
    ]
    title = f"A training step, {its['batch']} normal images of {its['size']}x{its['size']} pixels"
    note = (
        f"{its['backbone']} of width {its['width']}, PGD-{its['steps']}, {its['precision']}; "
        f"medians of {its['rounds']} rounds"
    )
    return harness.markdown(title, result["machine"], rows, [note])


if __name__ == "__main__":
    command.run(main)
