"""IDX files, the form of MNIST and Fashion-MNIST (yann.lecun.com/exdb/mnist), plain or .gz."""

import gzip
import zlib
from pathlib import Path

import numpy as np

from cobra.data.image_decoding import Pixels
from cobra.data.raw import TEST, TRAIN, RawImages, from_arrays, one_of
from cobra.data.settings import PreparationSettings
from cobra.errors import UserError


def read(root: Path, settings: PreparationSettings) -> RawImages:
    """train-images-idx3-ubyte and its three companions: images [N, H, W] and class numbers [N]."""
    parts = []
    for split, prefix in ((TRAIN, "train"), (TEST, "t10k")):
        images = _array(root, f"{prefix}-images-idx3-ubyte", rank=3)
        numbers = _array(root, f"{prefix}-labels-idx1-ubyte", rank=1)
        parts.append((split, images, numbers.astype(np.int64)))
    return from_arrays(parts, settings.classes)


def parse_idx(content: bytes, path: Path) -> Pixels:
    """An IDX file of unsigned bytes: magic 0 0 8 rank, sizes, data."""
    rank = content[3] if content[:3] == b"\x00\x00\x08" and len(content) > 3 else 0
    header = content[4 : 4 + 4 * rank]
    sizes = np.frombuffer(header, dtype=">u4").tolist() if len(header) == 4 * rank else []
    data = content[4 + 4 * rank :]
    if rank == 0 or len(sizes) != rank or len(data) != np.prod(sizes):
        raise UserError(f"{path} is not a whole IDX file of bytes: place a correct copy there.")
    return np.frombuffer(data, dtype=np.uint8).reshape(sizes)


def _array(root: Path, name: str, rank: int) -> Pixels:
    path = one_of(root, name, f"{name}.gz")
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read ({error}): place a whole copy there.") from None
    array = parse_idx(content, path)
    if array.ndim != rank:
        raise UserError(f"{path} has {array.ndim} dimensions where {rank} are needed: place the right file.")
    return array
