"""Difference between a device and the CPU in the losses of a short training and the scores of short attacks.

    python -m benchmarks.device_correctness --device cuda --output device-correctness.json

Images are smooth random colours, anomalies finer ones. What is allowed is what rounding may do: a GPU rounds
the numbers of convolutions to TF32, with 10 bits, and a sign that flips changes adversarial training.
"""

import tempfile
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.lib import harness
from benchmarks.lib.subjects import EPS, attack_of, identity_of
from cobra.artifacts.checkpoints import Scratch
from cobra.attacks.attack import Attacked
from cobra.attacks.batching import steady
from cobra.attacks.settings import AttackSettings
from cobra.data.one_class import Images, as_unit
from cobra.detectors.detector import Detector
from cobra.errors import UserError
from cobra.machine import script
from cobra.machine.device import prepare_device
from cobra.metrics import auroc
from cobra.training.settings import DetectorSettings
from cobra.training.trainer import Trainer

CPU = torch.device("cpu")
PRECISIONS: tuple[Literal["fp32", "bf16"], ...] = ("fp32", "bf16")
Check = tuple[str, float, float]  # what was looked at, what was found, and the most that is allowed
LOSSES, SCORES, GAINS, POINTS = 0.05, 0.005, 0.1, 5.0  # allowed: relative, absolute, relative, of AUROC


def main() -> None:
    args = harness.parser(__doc__, images=128, epochs=3, steps=20, width=16).parse_args()
    device = prepare_device(args.device, args.threads)
    where = harness.machine(device)
    with tempfile.TemporaryDirectory() as folder:
        checks = list(all_checks(args, device, Path(folder)))
    rows = [
        {
            "check": name,
            "found": f"{found:.3g}",
            "at most": f"{allowed:.3g}",
            "passed": "yes" if found <= allowed else "NO",
        }
        for name, found, allowed in checks
    ]
    note = f"width {args.width}; {args.epochs} epochs on {args.images} images, {args.steps} steps on others"
    text = harness.markdown("The device against the CPU", where, rows, [note])
    harness.publish(args.output, {"machine": where, "checks": checks}, text)
    if failed := [its["check"] for its in rows if its["passed"] == "NO"]:  # NaN, too
        raise UserError(f"{len(failed)} of {len(checks)} checks failed: {'; '.join(failed)}.")


def all_checks(args: Namespace, device: torch.device, folder: Path) -> Iterator[Check]:
    """Training here and there, then attacks on the detector that was trained here."""
    images, settings = coloured(args.images, coarse=4, seed=0), training_settings(args)
    here, there = (trained(images, settings, *its) for its in ((CPU, folder / "a"), (device, folder / "b")))
    pairs = zip(here.history, there.history, strict=True)
    apart = max(abs(theirs["loss"] - ours["loss"]) / abs(ours["loss"]) for ours, theirs in pairs)
    yield "training: relative difference of the epochs' losses", apart, LOSSES
    path = folder / "detector.pt"
    Detector.build(here.network, images, identity_of(settings)).save(path)
    half = args.images // 16 * 8
    classes = [coloured(half, coarse, seed=1).pixels[:] for coarse in (4, 8)]
    pixels = torch.stack(classes, dim=1).flatten(0, 1)  # each second image is an anomaly
    for precision in PRECISIONS:
        attack = AttackSettings(eps=EPS[32], steps=args.steps, restarts=1, precision=precision)
        found = [attacked(path, pixels, each, attack) for each in (CPU, device, device)]
        yield from attack_checks(precision, *found)


def coloured(count: int, coarse: int, seed: int) -> Images:
    """Images of 32x32 that blend coarse x coarse random colours."""
    generator = torch.Generator().manual_seed(seed)
    colours = torch.rand(count, 3, coarse, coarse, generator=generator)
    smooth = F.interpolate(colours, size=32, mode="bilinear")
    return Images((255 * smooth).round().byte(), torch.arange(count))


def training_settings(args: Namespace) -> DetectorSettings:
    """The paper's, shortened."""
    schedule = {"epochs": args.epochs, "warmup_epochs": 1, "batch_size": 32}
    changes = {"adversary": {"eps": EPS[32]}, "crafting": {"filter": {"epochs": 2}}, "schedule": schedule}
    return DetectorSettings.model_validate({"model": {"width": args.width}} | changes)


def trained(images: Images, settings: DetectorSettings, device: torch.device, folder: Path) -> Trainer:
    """A training on the device; its weights begin as on any other."""
    trainer = Trainer(images.to(device), settings, seed=0)
    with Scratch.hold(folder, identity_of(settings)) as scratch:
        trainer.run(scratch)
    return trainer


def attacked(path: Path, pixels: Tensor, device: torch.device, settings: AttackSettings) -> Attacked:
    """The scores of an attack on the device, brought to the CPU."""
    score = steady(Detector.load(path, device=device).score)
    found = attack_of(score, as_unit(pixels.to(device)), settings)()
    return Attacked(*(its.cpu() for its in (found.clean, found.attacked, found.trace)))


def attack_checks(precision: str, here: Attacked, there: Attacked, again: Attacked) -> Iterator[Check]:
    """An attack on the device, made twice, against the same on the CPU."""
    is_anomaly = torch.arange(len(here.clean)) % 2 == 1
    ours, theirs = (torch.where(is_anomaly, -1, 1) * (its.attacked - its.clean) for its in (here, there))
    points = [auroc(its.attacked.numpy(), is_anomaly.numpy()) for its in (here, there)]
    found = {
        "largest difference of clean scores": (float((there.clean - here.clean).abs().max()), SCORES),
        "largest loss of an image to its clean score": (float(-theirs.min()), 0.0),
        "relative difference of the mean gain": (float((theirs.mean() / ours.mean() - 1).abs()), GAINS),
        "difference of the robust AUROC, points": (abs(points[1] - points[0]), POINTS),
        "largest difference of two equal attacks": (
            float((again.attacked - there.attacked).abs().max()),
            0.0,
        ),
    }
    yield from ((f"{precision}: {name}", *its) for name, its in found.items())


if __name__ == "__main__":
    script.run(main)
