"""Files that hold all images of a split as one array: CIFAR's pickles, IDX files (MNIST), SVHN's MATLAB."""

import gzip
import pickle
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from cobra.data.image_decoding import Pixels
from cobra.data.raw import SPLITS, TEST, TRAIN, RawImages, Split, from_arrays, one_of
from cobra.data.settings import PreparationSettings
from cobra.errors import UserError
from cobra.machine.reading import opened

SAFE = {
    ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"), ("numpy", "dtype"),
    ("_codecs", "encode"),
}  # fmt: skip
CIFAR100: dict[Split, list[str]] = {TRAIN: ["train"], TEST: ["test"]}
# Of fine classes; 15 stand in another than in their official superclass (released code,
# datasets/datasets.py:24-45).
RELEASED_GROUPS = (
    (4, 31, 55, 72, 95), (1, 33, 67, 73, 91), (54, 62, 70, 82, 92), (9, 10, 16, 29, 61),
    (0, 51, 53, 57, 83), (22, 25, 40, 86, 87), (5, 20, 26, 84, 94), (6, 7, 14, 18, 24),
    (3, 42, 43, 88, 97), (12, 17, 38, 68, 76), (23, 34, 49, 60, 71), (15, 19, 21, 32, 39),
    (35, 63, 64, 66, 75), (27, 45, 77, 79, 99), (2, 11, 36, 46, 98), (28, 30, 44, 78, 93),
    (37, 50, 65, 74, 80), (47, 52, 56, 59, 96), (8, 13, 48, 58, 90), (41, 69, 81, 85, 89),
)  # fmt: skip
# What a damaged pickle makes of itself: it may ask for any type, any place and any amount of memory.
DAMAGED_PICKLE = (
    pickle.UnpicklingError, EOFError, OSError, ValueError, TypeError, LookupError, AttributeError,
    OverflowError, MemoryError, SystemError,
)  # fmt: skip
DAMAGED_MATLAB = (
    MatReadError, zlib.error, OSError, EOFError, ValueError, LookupError, TypeError, NotImplementedError,
)  # fmt: skip


def read_cifar10(root: Path, settings: PreparationSettings) -> RawImages:
    """CIFAR-10, python version: cifar-10-batches-py/data_batch_1 to 5 and test_batch."""
    batches = {TRAIN: [f"data_batch_{number}" for number in range(1, 6)], TEST: ["test_batch"]}
    return _read_cifar(root, "cifar-10-batches-py", batches, "labels", settings)


def read_cifar100(root: Path, settings: PreparationSettings) -> RawImages:
    """CIFAR-100, python version, by its 20 superclasses: cifar-100-python/train and test."""
    return _read_cifar(root, "cifar-100-python", CIFAR100, "coarse_labels", settings)


def read_cifar100_released(root: Path, settings: PreparationSettings) -> RawImages:
    """The same by the released code's 20 groups of fine classes."""
    return _read_cifar(root, "cifar-100-python", CIFAR100, "fine_labels", settings, RELEASED_GROUPS)


def _read_cifar(
    root: Path,
    folder: str,
    batches: dict[Split, list[str]],
    key: str,
    settings: PreparationSettings,
    groups: Sequence[Sequence[int]] | None = None,
) -> RawImages:
    parts = []
    for split, names in batches.items():
        loaded = [_batch(one_of(root, f"{folder}/{name}", name), key) for name in names]
        images, numbers = (np.concatenate(arrays) for arrays in zip(*loaded, strict=True))
        parts.append((split, images, numbers if groups is None else _grouped(root, numbers, groups)))
    return from_arrays(parts, settings.classes)


def _grouped(root: Path, fine: NDArray[np.int64], groups: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """The group of each fine class; raises UserError of a class that is in none."""
    group = {number: place for place, numbers in enumerate(groups) for number in numbers}
    try:
        return np.array([group[number] for number in fine.tolist()])
    except KeyError as error:
        raise UserError(f"{root} has an image of class {error}: place a correct copy there.") from None


def _batch(path: Path, key: str) -> tuple[Pixels, NDArray[np.int64]]:
    """Images [N, 32, 32, 3] and class numbers [N]; a row holds all red, then green, then blue values."""
    try:
        with opened(path) as file:
            batch = ArrayUnpickler(file, encoding="bytes").load()
        rows = np.asarray(batch[b"data"], dtype=np.uint8)
        numbers = np.asarray(batch[key.encode()], dtype=np.int64)
        return rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), numbers
    except DAMAGED_PICKLE as error:
        raise UserError(f"{path} is no whole CIFAR batch ({error!r}): place a correct copy there.") from None


class ArrayUnpickler(pickle.Unpickler):
    """Unpickles arrays, texts, numbers and their containers, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """The few names that an array needs; anything else may run code and is refused."""
        if (module, name) not in SAFE:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no image data need")
        return super().find_class(module, name)


def read_idx(root: Path, settings: PreparationSettings) -> RawImages:
    """MNIST's form (yann.lecun.com/exdb/mnist), plain or .gz: train-images-idx3-ubyte and its three
    companions with images [N, H, W] and class numbers [N].
    """
    parts = []
    for split, prefix in ((TRAIN, "train"), (TEST, "t10k")):
        images = _idx_array(root, f"{prefix}-images-idx3-ubyte", rank=3)
        numbers = _idx_array(root, f"{prefix}-labels-idx1-ubyte", rank=1)
        parts.append((split, images, numbers.astype(np.int64)))
    return from_arrays(parts, settings.classes)


def _idx_array(root: Path, name: str, rank: int) -> Pixels:
    path = one_of(root, name, f"{name}.gz")
    try:
        with opened(path) as file:
            content = gzip.decompress(file.read()) if path.suffix == ".gz" else file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read ({error}): place a whole copy there.") from None
    array = parse_idx(content, path)
    if array.ndim != rank:
        raise UserError(f"{path} has {array.ndim} dimensions where {rank} are needed: place the right file.")
    return array


def parse_idx(content: bytes, path: Path) -> Pixels:
    """An IDX file of unsigned bytes: magic 0 0 8 rank, sizes, data."""
    rank = content[3] if content[:3] == b"\x00\x00\x08" and len(content) > 3 else 0
    header = content[4 : 4 + 4 * rank]
    sizes = np.frombuffer(header, dtype=">u4").tolist() if len(header) == 4 * rank else []
    data = content[4 + 4 * rank :]
    if rank == 0 or len(sizes) != rank or len(data) != np.prod(sizes):
        raise UserError(f"{path} is not a whole IDX file of bytes: place a correct copy there.")
    return np.frombuffer(data, dtype=np.uint8).reshape(sizes)


def read_svhn(root: Path, settings: PreparationSettings) -> RawImages:
    """SVHN's cropped digits: train_32x32.mat and test_32x32.mat with X [32, 32, 3, N] and y [N, 1], where 10
    stands for the digit 0.
    """
    parts = []
    for split in SPLITS:
        path = one_of(root, f"{split}_32x32.mat")
        try:
            parts.append((split, *_matlab_arrays(path)))
        except DAMAGED_MATLAB as error:
            raise UserError(f"{path} is no whole SVHN file ({error}): place a correct copy there.") from None
    return from_arrays(parts, settings.classes)


def _matlab_arrays(path: Path) -> tuple[Pixels, NDArray[np.int64]]:
    with opened(path) as file:
        content = loadmat(file, variable_names=["X", "y"])
    images, numbers = content["X"].transpose(3, 0, 1, 2), content["y"].astype(np.int64).ravel()
    if images.dtype != np.uint8 or images.shape[1:] != (32, 32, 3):
        raise ValueError("its X is not uint8 [32, 32, 3, N]")
    if not np.isin(numbers, range(1, 11)).all():
        raise ValueError("its labels are not 1 to 10")
    return images, numbers % 10
