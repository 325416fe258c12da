"""Images as a reader finds them: of any size, each with its place in the experiment."""

import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cobra.artifacts.digests import digest
from cobra.data.folders import left_out, printable
from cobra.data.image_decoding import Pixels, read_picture
from cobra.data.settings import Background
from cobra.errors import UserError

Split = Literal["train", "test"]
TRAIN: Split = "train"
TEST: Split = "test"
SPLITS = (TRAIN, TEST)


class Label(NamedTuple):
    """What is known of an image: split, class (category), defect ("" if it has none), where it came from."""

    split: Split
    category: str
    defect: str
    source: str


@dataclass(frozen=True)
class RawImages:
    """The labels of all images, a function from an image's number to its pixels, and what a reader of the
    results must know of them: `left_out` in words, and `shown`, which loading adds to.

    Pixels are uint8 [H, W] or [H, W, 3]; the function raises UnreadableImageError and may be called from
    several threads.
    """

    labels: Sequence[Label]
    load: Callable[[int], Pixels]
    paths: Sequence[Path] = ()
    left_out: Sequence[str] = ()
    shown: deque[str] = field(default_factory=deque)

    def remarks(self) -> list[str]:
        """What was done to show images, in words with their number; complete once all are loaded."""
        return [f"{count} images are {what}" for what, count in sorted(Counter(self.shown).items())]


def from_files(
    files: Iterable[tuple[Label, Path]], background: Background, below: Path | None = None
) -> RawImages:
    """Images of which each is a file, transparent ones on `background`. The folder `below`, if there is one,
    is looked through for what is left out.
    """
    labels, paths = [], []
    for label, path in files:
        labels.append(label._replace(defect=printable(label.defect), source=printable(label.source)))
        paths.append(path)
    shown: deque[str] = deque()  # to which threads may append at once

    def load(number: int) -> Pixels:
        picture = read_picture(paths[number], background)
        shown.extend(picture.remarks)
        return picture.pixels

    return RawImages(labels, load, paths, left_out(below, paths) if below else (), shown)


def from_arrays(
    parts: Iterable[tuple[Split, Pixels, NDArray[np.int64]]], classes: Sequence[str]
) -> RawImages:
    """Images from arrays [N, H, W(, 3)] per split with class numbers [N]; raises UserError for unfit ones."""
    labels: list[Label] = []
    arrays = []
    for split, images, numbers in parts:
        if len(images) != len(numbers):
            raise UserError(
                f"The {split} split has {len(images)} images and {len(numbers)} labels: "
                "place the complete data set."
            )
        if len(numbers) and not 0 <= numbers.min() <= numbers.max() < len(classes):
            raise UserError(
                f"The {split} split has labels outside 0-{len(classes) - 1}: place the right files."
            )
        labels += (Label(split, classes[n], "", f"{split}/{i}") for i, n in enumerate(numbers.tolist()))
        arrays += list(images)
    return RawImages(labels, arrays.__getitem__)


def one_of(root: Path, *patterns: str) -> Path:
    """The one path below `root` that matches the first fitting pattern; raises UserError if there is none."""
    for pattern in patterns:
        found = sorted(path for path in root.glob(pattern) if not path.name.startswith("."))
        if len(found) == 1:
            return found[0]
        if found:
            raise UserError(
                f"{root} has {len(found)} of {pattern} where one is expected: leave the right one."
            )
    raise UserError(f"{root} has no {patterns[0]}: place the data in the layout that its authors distribute.")


def shuffled(paths: Iterable[Path]) -> list[Path]:
    """The paths in an order that follows from the files' names alone, as good as random."""
    return sorted(paths, key=lambda path: digest(os.fsencode(path.name)))
