"""How strong training's attack is in bf16, beside fp32 and beside fp32 from other random starts.

    python benchmarks/ascent_precision.py results/digits/images.npy --normal 3 --eps 0.1 --output ascent.json

Trains in fp32. At each step the clean views are also attacked in bf16 from the same starts and in fp32 from
others, and the loss that each attack reached is taken in fp32 on the network as it is then. Nothing but the
first attack's views is learned from.
"""

import argparse
from pathlib import Path
from statistics import fmean

import harness
import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from cobra import command
from cobra.adversary import Adversary
from cobra.crafting.filter import fit_filter
from cobra.data.one_class import training_images
from cobra.data.store import read_prepared
from cobra.models import Network
from cobra.randomness import ImageRandom
from cobra.runtime import prepare_device
from cobra.settings.data import TrainingSubset
from cobra.settings.detector import Attack, DetectorSettings
from cobra.training import Trainer

FULL, HALF, OTHER = "fp32", "bf16", "fp32, other starts"
Losses = dict[str, dict[Attack, list[float]]]  # reached by each attack on each term, step by step


class Watched(Adversary):
    """An adversary that also tries the others, and notes the losses that all reach."""

    def __init__(self, network: Network, settings: DetectorSettings) -> None:
        super().__init__(network, settings)
        cheaper = settings.adversary.model_copy(update={"precision": "bf16"})
        self.half = Adversary(network, settings.model_copy(update={"adversary": cheaper}))
        self.reached: Losses = {}

    def views(self, clean: list[Tensor], random: ImageRandom) -> dict[Attack, Tensor]:
        """As trained on; the others are noted alone."""
        own = super().views(clean, random)
        others = {HALF: self.half.views(clean, random), OTHER: super().views(clean, random.child("other"))}
        for name, found in {FULL: own, **others}.items():
            self.note(name, found, clean, random)
        return own

    @torch.no_grad()
    def note(self, name: str, found: dict[Attack, Tensor], clean: list[Tensor], random: ImageRandom) -> None:
        """The loss of each term at the views found for it."""
        target = self.target()
        for attack, views in found.items():
            loss = self.loss(attack, target, clean, random)(target.features(views))
            self.reached.setdefault(name, {}).setdefault(attack, []).append(float(loss))


def main() -> None:
    args = parsed()
    device = prepare_device(args.device, args.threads)
    where = harness.machine(device)
    images = training_images(read_prepared(args.images), args.normal, TrainingSubset(limit=args.limit))
    reached = watch(Trainer(images.to(device), settings(args), seed=args.seed))
    rows = [row(attack, reached) for attack in reached[FULL]]
    result = {
        "machine": where,
        "options": {name: str(value) for name, value in vars(args).items()},
        "reached": reached,
    }
    title = f"Loss that training's attack reached, class {args.normal}, {len(images)} images"
    harness.publish(args.output, result, harness.markdown(title, where, rows, notes(args)))


def parsed() -> argparse.Namespace:
    parser = harness.parser(__doc__)
    parser.add_argument("images", type=Path, help="a data set's prepared array, images.npy")
    parser.add_argument("--normal", required=True, help="the class that is trained on")
    parser.add_argument("--eps", type=float, required=True, help="of the attack, of a range [0, 1]")
    parser.add_argument("--limit", type=int, help="images of the class; left out: all")
    parser.add_argument("--backbone", default="resnet10")
    parser.add_argument("--width", type=int, default=8)
    parser.add_argument("--steps", type=int, default=10, help="of PGD")
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def settings(args: argparse.Namespace) -> DetectorSettings:
    """The demo's training, with what the options say."""
    return DetectorSettings.model_validate(
        {
            "model": {"backbone": args.backbone, "width": args.width},
            "crafting": {"filter": {"width": 8}},
            "adversary": {"eps": args.eps, "steps": args.steps},
            "schedule": {
                "epochs": args.epochs,
                "batch_size": 64,
                "optimizer": "sgd",
                "learning_rate": 0.1,
                "warmup_epochs": min(2, args.epochs),
            },
        }
    )


def watch(trainer: Trainer) -> Losses:
    """Train to the end, in fp32; what the attacks reached on the way."""
    trainer.adversary = watched = Watched(trainer.network, trainer.settings)
    trainer.threshold = fit_filter(trainer.images, trainer.settings.crafting, trainer.seed)
    for epoch in tqdm(range(trainer.settings.schedule.epochs), desc="training, epochs"):
        trainer.epoch(epoch)
    return watched.reached


def row(attack: Attack, reached: Losses) -> dict[str, str]:
    """A term's mean losses over all steps, and by how much they differ from those of fp32."""
    cells = {"term": attack, "steps": f"{len(reached[FULL][attack]):,}"}
    for name, losses in reached.items():
        cells[name] = f"{fmean(losses[attack]):.5f}{differing(reached[FULL][attack], losses[attack])}"
    return cells


def differing(full: list[float], other: list[float]) -> str:
    """The mean difference from fp32 in the same step, and two standard errors of it."""
    if other is full:
        return ""
    differences = np.subtract(other, full)
    error = differences.std(ddof=1) / np.sqrt(len(differences))
    return f" ({differences.mean():+.5f} ± {2 * error:.5f})"


def notes(args: argparse.Namespace) -> list[str]:
    """How it was measured."""
    return [
        f"{args.backbone} of width {args.width}, PGD-{args.steps}, eps {args.eps:.4g}, {args.epochs} epochs",
        "in brackets the mean difference from fp32 in the same step, and two standard errors of it",
    ]


if __name__ == "__main__":
    command.run(main)
