"""Peak memory of PGD on many images, from a prepared array through the blocks of an evaluation.

    python benchmarks/memory.py --images 64 256 --output memory.json

Each number of images has a prepared array of its own, in a temporary folder, and is attacked in a process
of its own: what was held at most before the images were read, after that, and after all. The peak does not
depend on the number of steps, so two do.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import apart
import harness
import numpy as np
import torch
from subjects import detector

from cobra import command
from cobra.batching import block_size, steady
from cobra.checkpoints import Scratch
from cobra.data.one_class import as_unit, testing_images
from cobra.data.picture import Pixels
from cobra.data.preparation import write_prepared
from cobra.data.raw import TEST, Label, RawImages
from cobra.data.store import read_prepared
from cobra.evaluation import attack_test_images
from cobra.provenance import make_identity
from cobra.runtime import prepare_device
from cobra.settings.attack import AttackSettings
from cobra.settings.data import PreparationSettings, TestSubset

NORMAL = "a"


def main() -> None:
    parser = harness.parser(__doc__)
    parser.add_argument("--images", type=int, nargs="+", default=[64, 256], help="numbers of test images")
    parser.add_argument("--side", type=int, default=224, help="pixels of an image's side")
    parser.add_argument("--steps", type=int, default=2, help="steps of the attack")
    parser.add_argument("--only-reading", action="store_true", help="read the images, attack none")
    parser.add_argument("--memory", type=int, default=1000, help="entries of the memory bank")
    parser.add_argument("--width", type=int, default=64, help="channels of ResNet-18's first stage")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measured = [one_size(args, count, Path(folder)) for count in args.images]
    what = "images read, none attacked" if args.only_reading else f"{args.steps} steps"
    title = f"Peak memory of PGD on images of {args.side}x{args.side} pixels"
    notes = [
        f"ResNet-18 of width {args.width}, {args.memory:,} memory entries, {what}",
        *growth(measured),
    ]
    text = harness.markdown(title, measured[0]["machine"], [row(its) for its in measured], notes)
    harness.publish(args.output, {"measured": measured}, text)


def one_size(args: argparse.Namespace, count: int, folder: Path) -> dict[str, Any]:
    """The measurement on `count` images; their array is removed afterwards."""
    path = folder / str(count) / "images.npy"
    path.parent.mkdir()
    prepare_random(path, count, args.side)
    found = apart.in_fresh_process(measure, args, path)
    path.unlink()
    return found | {"images": count}


def prepare_random(path: Path, count: int, side: int) -> None:
    """A prepared array of random images of two classes, each made when it is written."""

    def load(number: int) -> Pixels:
        return np.random.default_rng(number).integers(0, 256, (side, side, 3), dtype=np.uint8)

    labels = [Label(TEST, "ab"[number % 2], "", f"random {number}") for number in range(count)]
    settings = PreparationSettings(
        reader="class_folders", protocol="one_vs_rest", classes=["a", "b"], resolution=side
    )
    identity = make_identity("prepared", {"dataset": "random"}, settings, __file__)
    write_prepared(path, RawImages(labels, load), settings, identity, strict=False, threads=1)


def measure(args: argparse.Namespace, path: Path) -> dict[str, Any]:
    """Peak memory before the images are read, after that, and after the attack."""
    device = prepare_device(args.device, args.threads)
    where = harness.machine(device)
    subject = detector(args.side, args.memory, device, args.width)
    score = steady(subject.score)
    before = harness.peak_memory(device)
    test = testing_images(read_prepared(path), NORMAL, TestSubset()).to(device)
    opened = harness.peak_memory(device)
    block = block_size(score, as_unit(test.images.pixels[:1]), args.threads)
    if not args.only_reading:
        settings = AttackSettings(eps=2 / 255, steps=args.steps, restarts=1)
        with Scratch.hold(path.parent / "scratch", subject.identity) as scratch:
            attack_test_images(score, test, settings, seed=0, block_size=block, scratch=scratch)
    return {
        "machine": where,
        "block": block,
        "before_mib": before["peak_mib"],
        "opened_mib": opened["peak_mib"],
        "threads": torch.get_num_threads(),
    } | harness.peak_memory(device)


def growth(measured: list[dict[str, Any]]) -> list[str]:
    """By how much peaks rise with the number of images, if two were measured."""
    fewest, most = (pick(measured, key=lambda its: its["images"]) for pick in (min, max))
    more = most["images"] - fewest["images"]
    if more == 0:
        return []
    rises = {name: (most[name] - fewest[name]) / more for name in ("opened_mib", "peak_mib")}
    return [
        f"from {fewest['images']:,} to {most['images']:,} images, MiB more per image: after reading "
        f"{rises['opened_mib']:.3f}, at the peak {rises['peak_mib']:.3f}"
    ]


def row(measured: dict[str, Any]) -> dict[str, str]:
    """A number of images for people."""
    return {
        "images": f"{measured['images']:,}",
        "block": str(measured["block"]),
        "before reading": f"{measured['before_mib']} MiB",
        "after reading": f"{measured['opened_mib']} MiB",
    } | harness.memory_cells(measured)


if __name__ == "__main__":
    command.run(main)
