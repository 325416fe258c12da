"""SVHN's cropped digits: MATLAB files."""

import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from cobra.data.image_decoding import Pixels
from cobra.data.raw import SPLITS, RawImages, from_arrays, one_of
from cobra.data.settings import PreparationSettings
from cobra.errors import UserError

DAMAGED = (
    MatReadError, zlib.error, OSError, EOFError, ValueError, LookupError, TypeError, NotImplementedError,
)  # fmt: skip


def read(root: Path, settings: PreparationSettings) -> RawImages:
    """train_32x32.mat and test_32x32.mat: X [32, 32, 3, N], y [N, 1], where 10 stands for the digit 0."""
    parts = []
    for split in SPLITS:
        path = one_of(root, f"{split}_32x32.mat")
        try:
            parts.append((split, *_arrays(path)))
        except DAMAGED as error:
            raise UserError(f"{path} is no whole SVHN file ({error}): place a correct copy there.") from None
    return from_arrays(parts, settings.classes)


def _arrays(path: Path) -> tuple[Pixels, NDArray[np.int64]]:
    content = loadmat(path, variable_names=["X", "y"])
    images, numbers = content["X"].transpose(3, 0, 1, 2), content["y"].astype(np.int64).ravel()
    if images.dtype != np.uint8 or images.shape[1:] != (32, 32, 3):
        raise ValueError("its X is not uint8 [32, 32, 3, N]")
    if not np.isin(numbers, range(1, 11)).all():
        raise ValueError("its labels are not 1 to 10")
    return images, numbers % 10
