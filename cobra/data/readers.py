"""Raw files to arrays: one function per layout, each checking what it reads."""

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cobra.data.catalog import DATASETS, dropped_files
from cobra.errors import UserError

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class RawSplit:
    """One split as its authors ship it: uint8 images [N, H, W] or [N, H, W, 3] and class numbers [N]."""

    images: Pixels
    labels: NDArray[np.int64]


def read_raw(dataset: str, folder: Path | None) -> dict[str, RawSplit]:
    """The splits "train" and "test" of `dataset`; `folder` is its drop folder."""
    if DATASETS[dataset].reader == "digits":
        return read_digits()
    if folder is None:
        raise UserError(f"{dataset} is read from files placed by hand: give their folder with --drop-folder.")
    return read_idx_splits(dataset, folder)


def read_digits() -> dict[str, RawSplit]:
    """scikit-learn's 8x8 digits, split per class: every image whose rank in its class ends the first 70 %.

    The split is ours; the data have none. The first 70 % of each class, in the file's order, train.
    """
    from sklearn.datasets import load_digits  # a slow import that no other data set needs

    bunch = load_digits()
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)
    labels = bunch.target.astype(np.int64)
    is_train = np.zeros(len(labels), dtype=bool)
    for label in range(10):
        members = np.flatnonzero(labels == label)
        is_train[members[: round(0.7 * len(members))]] = True
    return {
        "train": RawSplit(images[is_train], labels[is_train]),
        "test": RawSplit(images[~is_train], labels[~is_train]),
    }


def read_idx_splits(dataset: str, folder: Path) -> dict[str, RawSplit]:
    """The two IDX splits of `dataset`, their content checked against the catalog's MD5."""
    try:
        paths = dropped_files(dataset, folder)
    except FileNotFoundError as error:
        raise UserError(str(error)) from None
    arrays = {}
    for path, file in zip(paths, DATASETS[dataset].files, strict=True):
        content = read_checked(path, file.md5)
        arrays[file.name] = parse_idx(content, path)
    return {
        split: RawSplit(
            arrays[f"{prefix}-images-idx3-ubyte"],
            arrays[f"{prefix}-labels-idx1-ubyte"].astype(np.int64),
        )
        for split, prefix in (("train", "train"), ("test", "t10k"))
    }


def read_checked(path: Path, md5: str) -> bytes:
    """The content of `path`, any .gz undone; raises UserError if damaged or not the published content."""
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read ({error}): place a whole copy there.") from None
    actual = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if actual != md5:
        raise UserError(
            f"{path} has the MD5 {actual} (uncompressed) where the published file has {md5}: "
            "it is truncated, altered or another file; place a correct copy there."
        )
    return content


def parse_idx(content: bytes, path: Path) -> Pixels:
    """An IDX file of unsigned bytes (yann.lecun.com/exdb/mnist): magic 0 0 8 rank, sizes, data."""
    rank = content[3] if content[:3] == b"\x00\x00\x08" and len(content) > 3 else 0
    header = content[4 : 4 + 4 * rank]
    sizes = np.frombuffer(header, dtype=">u4").tolist() if len(header) == 4 * rank else []
    data = content[4 + 4 * rank :]
    if rank == 0 or len(sizes) != rank or len(data) != np.prod(sizes):
        raise UserError(f"{path} is not a whole IDX file of bytes: place a correct copy there.")
    return np.frombuffer(data, dtype=np.uint8).reshape(sizes)
