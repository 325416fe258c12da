"""Prepared data: one uint8 array [N, H, W, 3] and a manifest, written once, memory-mapped ever after."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from cobra.artifacts import atomic, read_table, write_table
from cobra.data.catalog import DATASETS, DatasetEntry
from cobra.data.readers import RawSplit
from cobra.errors import UserError
from cobra.provenance import Identity, digest, file_digest
from cobra.settings.base import canonical_json

PIECE = 4096  # images resized at once, which bounds memory


@dataclass(frozen=True)
class Prepared:
    """A prepared data set: images uint8 [N, H, W, 3], and per image its split and class.

    The row of an image is its id, by which everything else refers to it.
    """

    images: NDArray[np.uint8]
    splits: NDArray[np.str_]
    class_names: NDArray[np.str_]
    identity: Identity

    @property
    def digest(self) -> str:
        """Digest of pixels, splits and classes: what a result depends on, however it was prepared."""
        return digest(canonical_json(dict(self.identity.inputs)))


def fit_images(images: NDArray[np.uint8], resolution: int, fit: str) -> NDArray[np.uint8]:
    """Bring uint8 [N, H, W] or [N, H, W, 3] to [N, resolution, resolution, 3].

    "resize": antialiased bilinear; "pad": centred on black. Greyscale is repeated to three channels
    (released code).
    """
    if images.ndim == 3:
        images = np.repeat(images[..., None], 3, axis=3)
    height, width = images.shape[1:3]
    if (height, width) == (resolution, resolution):
        return images
    if fit == "pad" and max(height, width) <= resolution:
        top, left = (resolution - height) // 2, (resolution - width) // 2
        bottom, right = resolution - height - top, resolution - width - left
        return np.pad(images, ((0, 0), (top, bottom), (left, right), (0, 0)))
    pixels = torch.from_numpy(np.array(images)).permute(0, 3, 1, 2).float()
    size = (resolution, resolution)
    pixels = F.interpolate(pixels, size, mode="bilinear", antialias=True, align_corners=False)
    return pixels.round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()


def check_raw(dataset: str, entry: DatasetEntry, raw: dict[str, RawSplit]) -> None:
    """Raise UserError unless counts, labels and classes are what the catalog expects."""
    for split, expected in entry.expected.items():
        images, labels = raw[split].images, raw[split].labels
        if len(images) != len(labels) or len(images) != expected:
            raise UserError(
                f"{dataset}: the {split} split has {len(images)} images and {len(labels)} labels "
                f"where {expected} of each are expected: place the complete data set."
            )
        present = set(labels.tolist())
        if not present <= set(range(len(entry.classes))):
            raise UserError(f"{dataset}: the {split} split has labels outside 0-{len(entry.classes) - 1}.")
        for number, name in enumerate(entry.classes):
            if number not in present:
                raise UserError(f"{dataset}: class {name!r} has no image in the {split} split.")


def write_prepared(
    images_path: Path, dataset: str, raw: dict[str, RawSplit], resolution: int, identity: Identity
) -> None:
    """Write the array at `images_path` and its manifest beside it, the array's digest in the identity."""
    entry = DATASETS[dataset]
    check_raw(dataset, entry, raw)
    total = sum(len(split.images) for split in raw.values())
    with atomic(images_path) as temporary:
        array = np.lib.format.open_memmap(
            temporary, mode="w+", dtype=np.uint8, shape=(total, resolution, resolution, 3)
        )
        row = 0
        for split in raw.values():
            for first in range(0, len(split.images), PIECE):
                piece = fit_images(split.images[first : first + PIECE], resolution, entry.fit)
                array[row : row + len(piece)] = piece
                row += len(piece)
        array.flush()
    manifest = _manifest(entry, raw)
    inputs = {"images": file_digest(images_path), "manifest": _table_digest(manifest)}
    write_table(manifest_path(images_path), manifest, identity.model_copy(update={"inputs": inputs}))


def read_prepared(images_path: Path) -> Prepared:
    """A prepared data set; raises UserError if array and manifest do not belong together."""
    table, identity = read_table(manifest_path(images_path))
    try:
        images = np.load(images_path, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{images_path} cannot be read ({error}): prepare the data again.") from None
    found = {"images": file_digest(images_path), "manifest": _table_digest(table)}
    if len(images) != len(table) or found != identity.inputs:
        raise UserError(f"{images_path} is not the array its manifest describes: prepare the data again.")
    return Prepared(
        images=images,
        splits=np.array(table["split"].to_pylist()),
        class_names=np.array(table["class_name"].to_pylist()),
        identity=identity,
    )


def manifest_path(images_path: Path) -> Path:
    """The manifest beside a prepared array."""
    return images_path.with_suffix(".parquet")


def _table_digest(table: pa.Table) -> str:
    return digest(json.dumps(table.to_pydict()))


def _manifest(entry: DatasetEntry, raw: dict[str, RawSplit]) -> pa.Table:
    labels = np.concatenate([split.labels for split in raw.values()])
    splits = np.repeat(list(raw), [len(split.labels) for split in raw.values()])
    return pa.table(
        {
            "image_id": np.arange(len(labels), dtype=np.int64),
            "split": splits,
            "class_name": np.array(entry.classes)[labels],
        }
    )
