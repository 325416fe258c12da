"""The one-class protocol: one class is normal, training sees only its images. Its anomalies are all other
classes or, where classes have defects of their own (categories of products), its defective images.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cobra.data.prepared import Prepared
from cobra.data.settings import TestSubset, TrainingSubset
from cobra.errors import UserError

PIECE = 64  # images held at once where all are read


class StoredPixels:
    """The images at `rows` int64 [N] of a prepared array, in that order, as if they were a tensor uint8
    [N, C, H, W] on the CPU.

    All are checked when this is made, so that a damaged one is found before anything is computed; none is
    kept. Whatever reads an image raises UserError if it is not what was prepared.
    """

    device = torch.device("cpu")

    def __init__(self, prepared: Prepared, rows: Tensor) -> None:
        self._prepared = prepared
        self._rows = rows
        for piece in rows.split(PIECE):
            prepared.take(piece.numpy())

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, chosen: Tensor | slice) -> Tensor:
        """The images at these places (numbers, bool [N] or a slice), uint8 [K, C, H, W]."""
        images = self._prepared.take(self._rows[chosen].numpy())
        return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()

    def split(self, size: int) -> Iterator[Tensor]:
        """All images in order, `size` at once."""
        return (self[first : first + size] for first in range(0, len(self), size))

    def to(self, device: torch.device) -> "Tensor | StoredPixels":
        """On another device than the CPU all images, which lie there from then on; on the CPU these."""
        return self if device.type == "cpu" else self.loaded(device)

    def loaded(self, device: torch.device) -> Tensor:
        """All images in the memory of `device`, read piece by piece."""
        _, *shape = self[:1].shape
        images = torch.empty(len(self), *shape, dtype=torch.uint8, device=device)
        for part, piece in zip(images.split(PIECE), self.split(PIECE), strict=True):
            part.copy_(piece)
        return images


@dataclass(frozen=True)
class Images:
    """A batch of data: uint8 images [N, C, H, W], their ids int64 [N], on one device.

    `pixels` may lie on the disk: take rows of them (a slice, numbers, bool [N]), or split them.
    """

    pixels: Tensor | StoredPixels
    ids: Tensor

    def __len__(self) -> int:
        return len(self.ids)

    def to(self, device: torch.device) -> "Images":
        """The same on `device`; on the CPU images on the disk stay there."""
        return Images(self.pixels.to(device), self.ids.to(device))


@dataclass(frozen=True)
class TestImages:
    """The test images with, per image, whether it is anomalous (bool [N]) and its class or defect."""

    images: Images
    is_anomaly: Tensor
    class_names: list[str]

    def to(self, device: torch.device) -> "TestImages":
        """The same on `device`."""
        return TestImages(self.images.to(device), self.is_anomaly.to(device), self.class_names)


def training_images(prepared: Prepared, normal_class: str, subset: TrainingSubset) -> Images:
    """The training images of `normal_class`, all checked; raises UserError if there are fewer than two."""
    rows = _normal(prepared, "train", normal_class)[: subset.limit]
    if len(rows) < 2:
        raise UserError(
            f"{normal_class!r} has {len(rows)} training images where at least 2 are needed: "
            "choose another class or check the prepared data."
        )
    return _images(prepared, rows)


def normal_test_images(prepared: Prepared, normal_class: str) -> Images:
    """The normal test images of `normal_class`, all checked; there may be none."""
    return _images(prepared, _normal(prepared, "test", normal_class))


def testing_images(prepared: Prepared, normal_class: str, subset: TestSubset) -> TestImages:
    """All test images, or the stated subset, all checked; raises UserError if either group is empty."""
    normal = _normal(prepared, "test", normal_class)[: subset.normal_limit]
    anomalies = _spread(_anomalies(prepared, normal_class), subset.anomaly_limit)
    if len(normal) == 0 or len(anomalies) == 0:
        raise UserError(
            f"{normal_class!r} has {len(normal)} normal and {len(anomalies)} anomalous test images: "
            "both groups are needed for an AUROC."
        )
    rows = np.concatenate([normal, anomalies])
    return TestImages(
        images=_images(prepared, rows),
        is_anomaly=torch.arange(len(rows)) >= len(normal),
        class_names=_kinds(prepared)[rows].tolist(),
    )


def as_unit(pixels: Tensor) -> Tensor:
    """Uint8 images as float32 in [0, 1]."""
    return pixels.to(torch.float32) / 255


def _normal(prepared: Prepared, split: str, normal_class: str) -> NDArray[np.int64]:
    good = (prepared.categories == normal_class) & (prepared.defects == "")
    return np.flatnonzero(good & (prepared.splits == split))


def _anomalies(prepared: Prepared, normal_class: str) -> list[NDArray[np.int64]]:
    """The anomalous test images of each kind: another class, or a defect."""
    mask = prepared.splits == "test"
    if prepared.protocol == "defects":
        mask &= (prepared.categories == normal_class) & (prepared.defects != "")
    else:
        mask &= prepared.categories != normal_class
    kinds = _kinds(prepared)
    return [np.flatnonzero(mask & (kinds == name)) for name in np.unique(kinds[mask])]


def _kinds(prepared: Prepared) -> NDArray[np.str_]:
    """What a result calls each image: its class, or its defect ("good" for none)."""
    if prepared.protocol == "defects":
        return np.where(prepared.defects == "", "good", prepared.defects)
    return prepared.categories


def _spread(groups: list[NDArray[np.int64]], limit: int | None) -> NDArray[np.int64]:
    """Up to `limit` rows, taken in turn from the groups so that each is represented alike."""
    ranked = [(rank, row) for group in groups for rank, row in enumerate(group.tolist())]
    rows = [row for _, row in sorted(ranked)]
    return np.array(rows[:limit], dtype=np.int64)


def _images(prepared: Prepared, rows: NDArray[np.int64]) -> Images:
    ids = torch.from_numpy(rows)
    return Images(StoredPixels(prepared, ids), ids)
