"""Preparing a data set: images per second from image files to the array.

    python benchmarks/preparation.py --images 2000 --output preparation.json

The files, JPEG of smooth random colours, are written to a temporary folder first.
"""

import tempfile
from pathlib import Path
from statistics import median

import harness
import numpy as np
import timing
import torch
from PIL import Image

from cobra import command
from cobra.data.preparation import write_prepared
from cobra.data.raw import TRAIN, Label, from_files
from cobra.provenance import make_identity
from cobra.settings.data import PreparationSettings

COARSE = 16  # random pixels a side, which are drawn large


def main() -> None:
    parser = harness.parser(__doc__)
    parser.add_argument("--images", type=int, default=2000, help="number of files")
    parser.add_argument("--side", type=int, default=256, help="pixels of a file's side")
    parser.add_argument("--resolution", type=int, default=224, help="pixels of a prepared image's side")
    parser.add_argument("--rounds", type=int, default=3, help="how often they are prepared")
    args = parser.parse_args()
    where = harness.machine(torch.device("cpu")) | {"threads": args.threads}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [write_jpeg(folder, number, args.side) for number in range(args.images)]
        seconds = [
            timing.timed(lambda: prepare(paths, args.resolution, args.threads, folder / "images.npy"))
            for _ in range(args.rounds)
        ]
    speeds = [args.images / its for its in seconds]
    row = {
        "files": f"{args.images:,} JPEG, {args.side}x{args.side}",
        "prepared": f"{args.resolution}x{args.resolution}",
        "images/s": f"{median(speeds):.0f} ({min(speeds):.0f} to {max(speeds):.0f})",
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


def prepare(paths: list[Path], resolution: int, threads: int, output: Path) -> None:
    """The files as one prepared array."""
    labels = [Label(TRAIN, "a", "", path.name) for path in paths]
    settings = PreparationSettings(
        reader="class_folders", protocol="one_vs_rest", classes=["a"], resolution=resolution
    )
    identity = make_identity("prepared", {"dataset": "random"}, settings, __file__)
    write_prepared(
        output, from_files(labels, paths, "white"), settings, identity, strict=False, threads=threads
    )


if __name__ == "__main__":
    command.run(main)
