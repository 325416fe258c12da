"""Images scored per second and peak memory, by the number of entries in the memory bank.

    python -m benchmarks.scoring --memory 5000 50000 --output scoring.json

Each number is measured in a process of its own, in blocks of the size that an evaluation takes.
"""

from argparse import Namespace
from typing import Any

import torch

from benchmarks.lib import harness, timing
from benchmarks.lib.own_process import in_fresh_process
from benchmarks.lib.subjects import detector
from cobra.attacks.batching import block_size, steady
from cobra.data.one_class import TestImages, as_unit
from cobra.detectors.scoring import clean_scores
from cobra.experiment.random_training import random_bytes
from cobra.machine import script
from cobra.machine.device import prepare_device


def main() -> None:
    args = harness.parser(__doc__, memory=[5000, 50000], side=32, images=512, rounds=3, width=64).parse_args()
    measured = [in_fresh_process(measure, args, memory) for memory in args.memory]
    title = f"Scoring {args.images} images of {args.side}x{args.side} pixels"
    notes = [f"ResNet-18 of width {args.width}; medians of {args.rounds} rounds, and their range"]
    rows = [
        {"memory entries": f"{its['memory']:,}", "block": str(its["block"])}
        | {"images/s": timing.speed_cell(its["images_per_second"])}
        | harness.memory_cells(its)
        for its in measured
    ]
    text = harness.markdown(title, measured[0]["machine"], rows, notes)
    harness.publish(args.output, {"measured": measured}, text)


def measure(args: Namespace, memory: int) -> dict[str, Any]:
    """Images per second in each round, and the peak memory of the process."""
    device = prepare_device(args.device, args.threads)
    where, clock = harness.machine(device), timing.clock_of(device)
    score = steady(detector(args.side, memory, device, args.width).score)
    is_anomaly = torch.arange(args.images) % 2 == 1
    test = TestImages(random_bytes(args.images, args.side), is_anomaly, ["random"] * args.images).to(device)
    block = block_size(score, as_unit(test.images.pixels[:1]), args.threads)
    clean_scores(score, test, block)  # warms up
    seconds = [timing.timed(lambda: clean_scores(score, test, block), clock) for _ in range(args.rounds)]
    speeds = [args.images / its for its in seconds]
    found = {"machine": where, "memory": memory, "block": block, "images_per_second": speeds}
    return found | harness.peak_memory(device)


if __name__ == "__main__":
    script.run(main)
