"""Prepared data: one uint8 array [N, H, W, 3] on the disk and a manifest; every image read is checked."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cobra.artifacts.digests import digest
from cobra.artifacts.files import read_table
from cobra.artifacts.identity import Identity
from cobra.errors import UserError

GIVE = "give an images.npy that cobra prepared, or prepare the data first"


@dataclass(frozen=True)
class Prepared:
    """A prepared data set: where its images lie, and per image what the manifest says of it.

    The row of an image is its id, by which everything else refers to it. `defects` is "" for a good image.
    """

    path: Path
    splits: NDArray[np.str_]
    categories: NDArray[np.str_]
    defects: NDArray[np.str_]
    image_digests: list[str]
    identity: Identity

    @property
    def images(self) -> NDArray[np.uint8]:
        """The array, unchecked, mapped anew: pages that were read count as this process's memory for as long
        as it holds the mapping.
        """
        return _mapped(self.path, len(self.image_digests))

    @property
    def digest(self) -> str:
        """Digest of the manifest, images included: what a result depends on, however it was prepared."""
        return self.identity.inputs["manifest"]

    @property
    def protocol(self) -> str:
        """What a class's anomalies are: "one_vs_rest" or "defects"."""
        return str(self.identity.settings["protocol"])

    @property
    def remarks(self) -> list[str]:
        """In words, what is not as published or as usual in these data; results carry it on."""
        settings = self.identity.settings
        return [*settings["departures"], *settings["deviations"]]

    def take(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The images at `rows`; raises UserError if one is not what was prepared."""
        images = self.images[rows]
        for row, image in zip(rows.tolist(), images, strict=True):
            if image_digest(image) != self.image_digests[row]:
                raise UserError(
                    f"{self.path} is damaged at image {row}: remove it and prepare the data again."
                )
        return images


def read_prepared(images_path: Path) -> Prepared:
    """A prepared data set; raises UserError if array and manifest do not belong together."""
    manifest = manifest_path(images_path)
    if not manifest.is_file():
        if not images_path.exists():
            raise UserError(f"{images_path} does not exist: {GIVE}.")
        raise UserError(
            f"{images_path} has no manifest of prepared images ({manifest.name}) beside it, so that nothing "
            f"is known of what it shows: {GIVE}."
        )
    table, identity = read_table(manifest)
    _mapped(images_path, len(table))
    if identity.inputs != {"manifest": table_digest(table)}:
        raise _foreign(images_path)
    return Prepared(
        path=images_path,
        splits=np.array(table["split"].to_pylist()),
        categories=np.array(table["category"].to_pylist()),
        defects=np.array(table["defect"].to_pylist()),
        image_digests=table["sha256"].to_pylist(),
        identity=identity,
    )


def manifest_path(images_path: Path) -> Path:
    """The manifest beside a prepared array."""
    return images_path.with_suffix(".parquet")


def image_digest(image: NDArray[np.uint8]) -> str:
    """SHA-256 of an image's pixels, hexadecimal."""
    return hashlib.sha256(np.ascontiguousarray(image).data).hexdigest()


def table_digest(table: pa.Table) -> str:
    """Digest of a table's content."""
    return digest(json.dumps(table.to_pydict()))


def _mapped(path: Path, count: int) -> NDArray[np.uint8]:
    """The array of `count` images at `path`; raises UserError if there is none, or one of another number."""
    try:
        images: NDArray[np.uint8] = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path} cannot be read ({error}): prepare the data again.") from None
    known = isinstance(images, np.ndarray) and images.ndim == 4 and images.dtype == np.uint8
    if not known or len(images) != count:
        raise _foreign(path)
    return images


def _foreign(path: Path) -> UserError:
    return UserError(f"{path} is not the array its manifest describes: prepare the data again.")
