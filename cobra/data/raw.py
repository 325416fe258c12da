"""Images as a reader finds them: of any size, each with its place in the experiment."""

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cobra.digests import digest
from cobra.errors import UserError

Pixels = NDArray[np.uint8]
Split = Literal["train", "test"]
TRAIN: Split = "train"
TEST: Split = "test"
SPLITS = (TRAIN, TEST)

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"}
DAMAGED = (  # what Pillow's decoders raise
    OSError, ValueError, SyntaxError, TypeError, IndexError, OverflowError, struct.error,
    Image.DecompressionBombError,
)  # fmt: skip
EIGHT_BIT = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"}


class Label(NamedTuple):
    """What is known of an image: split, class (category), defect ("" if it has none), where it came from."""

    split: Split
    category: str
    defect: str
    source: str


class UnreadableImageError(Exception):
    """An image that cannot be used, with the reason."""


@dataclass(frozen=True)
class RawImages:
    """The labels of all images, and a function from an image's number to its pixels.

    Pixels are uint8 [H, W] or [H, W, 3]; the function raises UnreadableImageError and may be called from
    several threads.
    """

    labels: Sequence[Label]
    load: Callable[[int], Pixels]


def from_files(labels: Sequence[Label], paths: Sequence[Path]) -> RawImages:
    """Images of which each is a file."""
    return RawImages(labels, lambda number: read_image(paths[number]))


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


def read_image(path: Path) -> Pixels:
    """The pixels of an image file of 8 bits per channel: grey stays grey, all else becomes RGB."""
    try:
        with Image.open(path) as image:
            stored = _stored_format(image)
            if image.mode not in EIGHT_BIT or "16" in stored:
                raise UnreadableImageError(f"has the pixel format {stored}, not 8 bits per channel")
            return np.array(image.convert("L" if image.mode in ("1", "L") else "RGB"))
    except FileNotFoundError:
        raise UnreadableImageError("does not exist") from None
    except DAMAGED as error:
        raise UnreadableImageError(str(error).replace(str(path), "it")) from None


def _stored_format(image: Image.Image) -> str:
    """Pillow's name for the pixels in the file: it opens colours of 16 bits with the lower ones cut off."""
    if not getattr(image, "tile", None):
        return image.mode
    arguments = image.tile[0].args  # type: ignore[attr-defined]
    raw = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return raw if isinstance(raw, str) and "16" in raw else image.mode


def image_files(folder: Path) -> list[Path]:
    """The image files directly in `folder`, sorted by name; hidden ones are left out."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))


def subfolders(folder: Path) -> list[Path]:
    """The folders directly in `folder`, sorted by name; hidden ones are left out."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


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
    return sorted(paths, key=lambda path: digest(path.name))
