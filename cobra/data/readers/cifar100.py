"""CIFAR-100, python version, by its 20 superclasses (released code)."""

from pathlib import Path

from cobra.data.raw import TEST, TRAIN, RawImages
from cobra.data.readers.cifar import read_batches
from cobra.data.settings import PreparationSettings


def read(root: Path, settings: PreparationSettings) -> RawImages:
    """cifar-100-python/train and test."""
    batches = {TRAIN: ["train"], TEST: ["test"]}
    return read_batches(root, "cifar-100-python", batches, "coarse_labels", settings)
