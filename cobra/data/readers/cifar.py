"""CIFAR's Python batches: pickles, read without letting them run code."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cobra.data.image_decoding import Pixels
from cobra.data.raw import RawImages, Split, from_arrays, one_of
from cobra.data.settings import PreparationSettings
from cobra.errors import UserError

SAFE = {
    ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"), ("numpy", "dtype"),
    ("_codecs", "encode"),
}  # fmt: skip
# What a damaged pickle makes of itself: it may ask for any type, any place and any amount of memory.
DAMAGED = (
    pickle.UnpicklingError, EOFError, OSError, ValueError, TypeError, LookupError, AttributeError,
    OverflowError, MemoryError, SystemError,
)  # fmt: skip


class ArrayUnpickler(pickle.Unpickler):
    """Unpickles arrays, texts, numbers and their containers, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """The few names that an array needs; anything else may run code and is refused."""
        if (module, name) not in SAFE:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no image data need")
        return super().find_class(module, name)


def read_batches(
    root: Path, folder: str, batches: dict[Split, list[str]], key: str, settings: PreparationSettings
) -> RawImages:
    """The `batches` of each split below `root`/`folder`, classes numbered under `key`."""
    parts = []
    for split, names in batches.items():
        loaded = [_batch(one_of(root, f"{folder}/{name}", name), key) for name in names]
        images, numbers = (np.concatenate(arrays) for arrays in zip(*loaded, strict=True))
        parts.append((split, images, numbers))
    return from_arrays(parts, settings.classes)


def _batch(path: Path, key: str) -> tuple[Pixels, NDArray[np.int64]]:
    """Images [N, 32, 32, 3] and class numbers [N]; a row holds all red, then green, then blue values."""
    try:
        with path.open("rb") as file:
            batch = ArrayUnpickler(file, encoding="bytes").load()
        rows = np.asarray(batch[b"data"], dtype=np.uint8)
        numbers = np.asarray(batch[key.encode()], dtype=np.int64)
        return rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), numbers
    except DAMAGED as error:
        raise UserError(f"{path} is no whole CIFAR batch ({error!r}): place a correct copy there.") from None
