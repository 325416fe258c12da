"""scikit-learn's digits, which come with the library."""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from cobra.data.raw import TEST, TRAIN, RawImages, from_arrays
from cobra.data.settings import PreparationSettings


def read_digits(root: Path, settings: PreparationSettings) -> RawImages:  # noqa: ARG001 -- it has no files
    """8x8 images; the first `train_share` of each class, in their order, train (ours: there is no split)."""
    bunch = load_digits()
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)
    numbers = bunch.target.astype(np.int64)
    is_train = np.zeros(len(numbers), dtype=bool)
    for number in range(len(settings.classes)):
        members = np.flatnonzero(numbers == number)
        is_train[members[: round(settings.train_share * len(members))]] = True
    parts = [(TRAIN, images[is_train], numbers[is_train]), (TEST, images[~is_train], numbers[~is_train])]
    return from_arrays(parts, settings.classes)
