"""Whether a device computes what the CPU does: a short training and short attacks on both.

    python benchmarks/correctness.py --device cuda --output correctness.json

Images are smooth random colours, anomalies finer ones. What the table calls allowed is what rounding may do:
a GPU takes convolutions in TF32, with 10 bits, and adversarial training makes much of a sign that flips.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import harness
import torch
from attack_checks import CPU, EPS, Check, attack_checks
from subjects import coloured

from cobra import command
from cobra.checkpoints import Scratch
from cobra.data.one_class import Images
from cobra.detector import Detector
from cobra.errors import UserError
from cobra.provenance import Identity, make_identity
from cobra.runtime import prepare_device
from cobra.settings.detector import DetectorSettings
from cobra.training import Trainer

LOSSES = 0.05  # allowed, relative


def main() -> None:
    args = parsed()
    device = prepare_device(args.device, args.threads)
    where = harness.machine(device)
    with tempfile.TemporaryDirectory() as folder:
        checks = list(all_checks(args, device, Path(folder)))
    result = {"machine": where, "checks": [asdict(its) | {"passed": its.passed} for its in checks]}
    harness.publish(args.output, result, table(where, checks, args))
    failed = [its.name for its in checks if not its.passed]
    if failed:
        raise UserError(f"{len(failed)} of {len(checks)} checks failed: {'; '.join(failed)}.")


def parsed() -> argparse.Namespace:
    parser = harness.parser(__doc__)
    parser.add_argument("--images", type=int, default=128, help="to train on, and as many to attack")
    parser.add_argument("--epochs", type=int, default=3, help="of training")
    parser.add_argument("--steps", type=int, default=20, help="of PGD")
    parser.add_argument("--width", type=int, default=16, help="channels of ResNet-18's first stage")
    return parser.parse_args()


def all_checks(args: argparse.Namespace, device: torch.device, folder: Path) -> Iterator[Check]:
    """All of them, in turn."""
    images = coloured(args.images, coarse=4, seed=0)
    settings = training_settings(args)
    here = trained(images, settings, CPU, folder / "here")
    there = trained(images, settings, device, folder / "there")
    pairs = zip(losses(here), losses(there), strict=True)
    apart = max(abs(theirs - ours) / abs(ours) for ours, theirs in pairs)
    yield Check("training: losses of epochs apart from the CPU's, relative", apart, LOSSES)
    path = folder / "detector.pt"
    Detector.build(here.network, images, identity_of(settings)).save(path)
    yield from attack_checks(args, device, path)


def training_settings(args: argparse.Namespace) -> DetectorSettings:
    """The paper's, shortened."""
    return DetectorSettings.model_validate(
        {
            "model": {"width": args.width},
            "adversary": {"eps": EPS},
            "crafting": {"filter": {"epochs": 2}},
            "schedule": {"epochs": args.epochs, "warmup_epochs": 1, "batch_size": 32},
        }
    )


def identity_of(settings: DetectorSettings) -> Identity:
    """That of a detector made for the moment."""
    subject: dict[str, str | int] = {"dataset": "random", "normal": "0", "method": "random", "seed": 0}
    return make_identity("detector", subject, settings, __file__)


def trained(images: Images, settings: DetectorSettings, device: torch.device, folder: Path) -> Trainer:
    """A training on `device`, from equal weights."""
    trainer = Trainer(images.to(device), settings, seed=0)
    with Scratch.hold(folder, identity_of(settings)) as scratch:
        trainer.run(scratch)
    return trainer


def losses(trainer: Trainer) -> list[float]:
    """The losses of its epochs, which it has checked to be finite."""
    return [row["loss"] for row in trainer.history]


def table(where: dict[str, Any], checks: list[Check], args: argparse.Namespace) -> str:
    """The checks for people."""
    rows = [
        {
            "check": its.name,
            "found": f"{its.found:.3g}",
            "allowed": f"{'at most' if its.is_upper else 'at least'} {its.allowed:.3g}",
            "passed": "yes" if its.passed else "NO",
        }
        for its in checks
    ]
    note = (
        f"ResNet-18 of width {args.width}; {args.images} images trained on for {args.epochs} epochs, and as "
        f"many attacked in {args.steps} steps"
    )
    return harness.markdown("The device against the CPU", where, rows, [note])


if __name__ == "__main__":
    command.run(main)
