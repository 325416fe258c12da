"""Scoring: images per second and peak memory, by the size of the memory bank.

    python benchmarks/scoring.py --memory 5000 50000 --output scoring.json

Each size is measured in a process of its own, in blocks of the size that an evaluation takes.
"""

import argparse
from statistics import median
from typing import Any

import apart
import harness
import timing
import torch
from subjects import detector, random_bytes

from cobra import command
from cobra.batching import block_size, steady
from cobra.data.one_class import TestImages, as_unit
from cobra.runtime import prepare_device
from cobra.scoring import clean_scores


def main() -> None:
    parser = harness.parser(__doc__)
    parser.add_argument("--memory", type=int, nargs="+", default=[5000, 50000], help="entries of the bank")
    parser.add_argument("--side", type=int, default=32, help="pixels of an image's side")
    parser.add_argument("--images", type=int, default=512, help="images scored in a round")
    parser.add_argument("--rounds", type=int, default=3, help="how often they are scored")
    parser.add_argument("--width", type=int, default=64, help="channels of ResNet-18's first stage")
    args = parser.parse_args()
    measured = [apart.in_fresh_process(measure, args, memory) for memory in args.memory]
    where = measured[0]["machine"]
    title = f"Scoring {args.images} images of {args.side}x{args.side} pixels"
    notes = [f"ResNet-18 of width {args.width}; medians of {args.rounds} rounds, and their range"]
    text = harness.markdown(title, where, [row(its) for its in measured], notes)
    harness.publish(args.output, {"measured": measured}, text)


def measure(args: argparse.Namespace, memory: int) -> dict[str, Any]:
    """Images per second in each round, and the peak memory of the process."""
    device = prepare_device(args.device, args.threads)
    where = harness.machine(device)
    score = steady(detector(args.side, memory, device, args.width).score)
    images = random_bytes(args.images, args.side)
    groups = torch.arange(args.images) % 2 == 1
    test = TestImages(images, groups, ["random"] * args.images).to(device)
    block = block_size(score, as_unit(test.images.pixels[:1]), args.threads)
    clean_scores(score, test, block)  # sets the machine up
    wait = harness.wait_for(device)
    seconds = [timing.timed(lambda: clean_scores(score, test, block), wait) for _ in range(args.rounds)]
    speeds = [args.images / its for its in seconds]
    return {"machine": where, "memory": memory, "block": block, "images_per_second": speeds} | (
        harness.peak_memory(device)
    )


def row(measured: dict[str, Any]) -> dict[str, str]:
    """A size of the memory bank for people."""
    speeds = measured["images_per_second"]
    return {
        "memory entries": f"{measured['memory']:,}",
        "block": str(measured["block"]),
        "images/s": f"{median(speeds):.0f} ({min(speeds):.0f} to {max(speeds):.0f})",
    } | harness.memory_cells(measured)


if __name__ == "__main__":
    command.run(main)
