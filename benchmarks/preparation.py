"""Images prepared per second, from JPEG files to the array of a data set.

    python -m benchmarks.preparation --images 2000 --output preparation.json

The files, of smooth random colours, are first written to a temporary folder.
"""

import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks.lib import harness, timing
from benchmarks.lib.subjects import prepare
from cobra.data.raw import TRAIN, Label, from_files
from cobra.machine import script

COARSE = 16  # random pixels a side, enlarged to a file's side


def main() -> None:
    args = harness.parser(__doc__, images=2000, side=256, resolution=224, rounds=3).parse_args()
    where = harness.machine(torch.device("cpu")) | {"threads": args.threads}
    with tempfile.TemporaryDirectory() as name:
        paths = [write_jpeg(Path(name), number, args.side) for number in range(args.images)]
        run = partial(prepared, paths, args.resolution, args.threads, Path(name, "images.npy"))
        speeds = [args.images / timing.timed(run) for _ in range(args.rounds)]
    row = {
        "files": f"{args.images:,} JPEG, {args.side}x{args.side}",
        "prepared": f"{args.resolution}x{args.resolution}",
        "images/s": timing.speed_cell(speeds),
    }
    notes = [f"{args.threads} threads; median of {args.rounds} rounds, and their range"]
    text = harness.markdown("Preparing a data set", where, [row], notes)
    harness.publish(args.output, {"machine": where, "images_per_second": speeds, **row}, text)


def write_jpeg(folder: Path, number: int, side: int) -> Path:
    """An image file whose colours change as slowly as a photograph's."""
    pixels = np.random.default_rng(number).integers(0, 256, (COARSE, COARSE, 3), dtype=np.uint8)
    path = folder / f"{number}.jpg"
    Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC).save(path, quality=90)
    return path


def prepared(paths: list[Path], resolution: int, threads: int, output: Path) -> None:
    """The files as one array."""
    files = [(Label(TRAIN, "ab"[number % 2], "", path.name), path) for number, path in enumerate(paths)]
    prepare(output, from_files(files, "white"), resolution, threads)


if __name__ == "__main__":
    script.run(main)
