"""Whether a device computes what the CPU does: a short training and short attacks on both.

    python benchmarks/correctness.py --device cuda --output correctness.json

Images are smooth random colours, anomalies finer ones. What the table calls allowed is what rounding may do:
a GPU takes convolutions in TF32, with 10 bits, and adversarial training makes much of a sign that flips.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import harness
import torch
import torch.nn.functional as F
from torch import Tensor

from cobra import command
from cobra.attacks import Attacked, attack
from cobra.batching import steady
from cobra.checkpoints import Scratch
from cobra.data.one_class import Images, as_unit
from cobra.detector import Detector
from cobra.errors import UserError
from cobra.metrics import auroc
from cobra.provenance import Identity, make_identity
from cobra.runtime import prepare_device
from cobra.settings.attack import AttackSettings
from cobra.settings.detector import DetectorSettings
from cobra.training import Trainer

CPU = torch.device("cpu")
EPS = 4 / 255
PRECISIONS: tuple[Literal["fp32", "bf16"], ...] = ("fp32", "bf16")
LOSSES, SCORES, GAINS, POINTS = 0.05, 0.005, 0.1, 5.0  # allowed: relative, absolute, relative, of AUROC


@dataclass(frozen=True)
class Check:
    """What was found on the device, and the most, or the least, that is allowed."""

    name: str
    found: float
    allowed: float
    is_upper: bool = True

    @property
    def passed(self) -> bool:
        """Whether it is; not a number is not."""
        return self.found <= self.allowed if self.is_upper else self.found >= self.allowed


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


def coloured(count: int, coarse: int, seed: int) -> Images:
    """Images of 32x32 in which as many random colours a side run into each other."""
    generator = torch.Generator().manual_seed(seed)
    colours = torch.rand(count, 3, coarse, coarse, generator=generator)
    smooth = F.interpolate(colours, size=32, mode="bilinear")
    return Images((255 * smooth).round().byte(), torch.arange(count))


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


@dataclass
class Watched:
    """A detector's score that notes how far the images that it is asked about are from the first ones."""

    detector: Detector
    images: Tensor
    farthest: float = 0.0
    outside: float = 0.0

    def __call__(self, images: Tensor) -> Tensor:
        """The scores."""
        seen = images.detach()
        self.farthest = max(self.farthest, float((seen.double() - self.images.double()).abs().max()))
        self.outside = max(self.outside, float(-seen.min()), float(seen.max()) - 1)
        return self.detector.score(images)


def attack_checks(args: argparse.Namespace, device: torch.device, path: Path) -> Iterator[Check]:
    """A detector made on the CPU and read on the device: its scores, clean and under attack."""
    half = args.images // 16 * 8  # whole eights: what the score is asked is then what was attacked
    test = torch.cat([coloured(half, coarse, seed=1).pixels for coarse in (4, 8)])
    is_anomaly = torch.arange(2 * half) >= half
    for precision in PRECISIONS:
        here, _ = attacked(args, path, test, is_anomaly, CPU, precision)
        there, watched = attacked(args, path, test, is_anomaly, device, precision)
        again, _ = attacked(args, path, test, is_anomaly, device, precision)
        if precision == "fp32":
            apart = float((there.clean.cpu() - here.clean).abs().max())
            yield Check("clean scores apart from the CPU's", apart, SCORES)
        yield from comparison(here, there, is_anomaly, precision)
        repeats = float((again.attacked - there.attacked).abs().max())
        yield Check(f"{precision}: attacked scores apart when attacked again", repeats, 0.0)
        yield Check(f"{precision}: largest change of a pixel", watched.farthest, EPS)
        yield Check(f"{precision}: pixels beyond [0, 1]", watched.outside, 0.0)


def attacked(
    args: argparse.Namespace,
    path: Path,
    pixels: Tensor,
    is_anomaly: Tensor,
    device: torch.device,
    precision: Literal["fp32", "bf16"],
) -> tuple[Attacked, Watched]:
    """An attack of one restart on `device`."""
    images = as_unit(pixels.to(device))
    watched = Watched(Detector.load(path, device=device), images)
    settings = AttackSettings(eps=EPS, steps=args.steps, restarts=1, precision=precision)
    ids = torch.arange(len(images), device=device)
    found = attack(steady(watched), images, is_anomaly.to(device), settings, image_ids=ids, seed=0)
    return found, watched


def comparison(here: Attacked, there: Attacked, is_anomaly: Tensor, precision: str) -> Iterator[Check]:
    """What the attack gained, there against here."""
    ours, theirs = (gains(its, is_anomaly) for its in (here, there))
    yield Check(
        f"{precision}: least gain of an image (below 0: better than clean)", float(theirs.min()), 0.0, False
    )
    yield Check(
        f"{precision}: mean gain over the CPU's, least", float(theirs.mean() / ours.mean()), 1 - GAINS, False
    )
    yield Check(f"{precision}: mean gain over the CPU's, most", float(theirs.mean() / ours.mean()), 1 + GAINS)
    points = [auroc(its.attacked.cpu().numpy(), is_anomaly.numpy()) for its in (here, there)]
    yield Check(f"{precision}: robust AUROC apart from the CPU's, points", abs(points[1] - points[0]), POINTS)


def gains(found: Attacked, is_anomaly: Tensor) -> Tensor:
    """By how much each score moved the way that the attack wants it."""
    direction = torch.where(is_anomaly, -1.0, 1.0)
    return direction * (found.attacked - found.clean).cpu()


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
