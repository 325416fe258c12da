"""Peak memory of PGD by the number of test images, read from a prepared array and attacked in blocks.

    python -m benchmarks.memory --images 64 256 --output memory.json

Each number of images has an array in a temporary folder and a process of its own, whose peak is taken before
the images are read, after that, and at the end. The peak does not depend on the number of steps.
"""

import tempfile
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.lib import harness
from benchmarks.lib.own_process import in_fresh_process
from benchmarks.lib.subjects import EPS, detector, prepare
from cobra.artifacts.checkpoints import Scratch
from cobra.attacks.batching import block_size, steady
from cobra.attacks.evaluation import attack_test_images
from cobra.attacks.settings import AttackSettings
from cobra.data.image_decoding import Pixels
from cobra.data.one_class import as_unit, testing_images
from cobra.data.prepared import read_prepared
from cobra.data.raw import TEST, Label, RawImages
from cobra.data.settings import TestSubset
from cobra.machine import script
from cobra.machine.device import prepare_device


def main() -> None:
    parser = harness.parser(__doc__, images=[64, 256], side=224, steps=2, memory=1000, width=64)
    parser.add_argument("--only-reading", action="store_true", help="read the images, attack none")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measured = [one_size(args, count, Path(folder, str(count))) for count in args.images]
    what = "images read, none attacked" if args.only_reading else f"{args.steps} steps"
    title = f"Peak memory of PGD on images of {args.side}x{args.side} pixels"
    notes = [f"ResNet-18 of width {args.width}, {args.memory:,} memory entries, {what}"]
    text = harness.markdown(title, measured[0]["machine"], [row(its) for its in measured], notes)
    harness.publish(args.output, {"measured": measured}, text)


def one_size(args: Namespace, count: int, folder: Path) -> dict[str, Any]:
    """The measurement on `count` random images of two classes, each made when the array is written."""
    folder.mkdir()
    path, shape = folder / "images.npy", (args.side, args.side, 3)

    def load(number: int) -> Pixels:
        return np.random.default_rng(number).integers(0, 256, shape, dtype=np.uint8)

    labels = [Label(TEST, "ab"[number % 2], "", f"random {number}") for number in range(count)]
    prepare(path, RawImages(labels, load), args.side)
    found = in_fresh_process(measure, args, path)
    path.unlink()
    return found | {"images": count}


def measure(args: Namespace, path: Path) -> dict[str, Any]:
    """Peak memory before the images are read, after that, and after the attack."""
    device = prepare_device(args.device, args.threads)
    found: dict[str, Any] = {"machine": harness.machine(device)}
    subject = detector(args.side, args.memory, device, args.width)
    score = steady(subject.score)
    found["before_mib"] = harness.peak_memory(device)["peak_mib"]
    test = testing_images(read_prepared(path), "a", TestSubset()).to(device)
    found["opened_mib"] = harness.peak_memory(device)["peak_mib"]
    found["block"] = block_size(score, as_unit(test.images.pixels[:1]), args.threads)
    if not args.only_reading:
        settings = AttackSettings(eps=EPS[224], steps=args.steps, restarts=1)
        with Scratch.hold(path.parent / "scratch", subject.identity) as scratch:
            attack_test_images(score, test, settings, seed=0, block_size=found["block"], scratch=scratch)
    return found | harness.peak_memory(device)


def row(measured: dict[str, Any]) -> dict[str, str]:
    return {
        "images": f"{measured['images']:,}",
        "block": str(measured["block"]),
        "before reading": f"{measured['before_mib']} MiB",
        "after reading": f"{measured['opened_mib']} MiB",
    } | harness.memory_cells(measured)


if __name__ == "__main__":
    script.run(main)
