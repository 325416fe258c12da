"""Image strips, a lossless form of small images: labels.npy and images_NNN.webp, in order.

Ours, for a CIFAR that is kept in other than the official archive: each strip is as wide as an image and holds
a number of images below one another. Folders: train/ and test/.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cobra.data.image_decoding import Pixels, UnreadableImageError, read_image
from cobra.data.raw import SPLITS, RawImages, from_arrays, one_of
from cobra.data.settings import PreparationSettings
from cobra.errors import UserError
from cobra.machine.reading import opened


def read_strips(root: Path, settings: PreparationSettings) -> RawImages:
    """The strips of both splits, cut into square images."""
    parts = [(split, _images(root / split), _numbers(root / split)) for split in SPLITS]
    return from_arrays(parts, settings.classes)


def _images(folder: Path) -> Pixels:
    one_of(folder, "labels.npy")
    strips = sorted(folder.glob("images_*.webp"))
    if not strips:
        raise UserError(f"{folder} has no images_*.webp: place the strips beside labels.npy.")
    cut = [_cut(path) for path in strips]
    shapes = {images.shape[1:] for images in cut}
    if len(shapes) > 1:
        raise UserError(f"{folder} has strips of images of different shapes: place strips of one data set.")
    return np.concatenate(cut)


def _cut(path: Path) -> Pixels:
    try:
        strip = read_image(path)
    except UnreadableImageError as error:
        raise UserError(f"{path} is no image ({error}): place a whole copy there.") from None
    height, side = strip.shape[:2]
    if height % side:
        raise UserError(f"{path} has {side}x{height} pixels, no whole number of square images.")
    return strip.reshape(-1, side, side, *strip.shape[2:])


def _numbers(folder: Path) -> NDArray[np.int64]:
    path = folder / "labels.npy"
    try:
        with opened(path) as file:
            return np.lib.format.read_array(file, allow_pickle=False).astype(np.int64).ravel()
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path} cannot be read ({error}): place a whole copy there.") from None
