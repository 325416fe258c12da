"""CIFAR-10, python version: five training batches and a test batch."""

from pathlib import Path

from cobra.data.raw import TEST, TRAIN, RawImages
from cobra.data.readers.cifar import read_batches
from cobra.data.settings import PreparationSettings


def read(root: Path, settings: PreparationSettings) -> RawImages:
    """cifar-10-batches-py/data_batch_1 to 5 and test_batch."""
    batches = {TRAIN: [f"data_batch_{number}" for number in range(1, 6)], TEST: ["test_batch"]}
    return read_batches(root, "cifar-10-batches-py", batches, "labels", settings)
