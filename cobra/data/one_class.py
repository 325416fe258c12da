"""The one-class protocol: one class is normal, training sees only its images. Its anomalies are all other
classes or, where classes have defects of their own (categories of products), its defective images.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cobra.data.prepared import Prepared
from cobra.data.prepared_pixels import StoredPixels
from cobra.data.settings import TestSubset, TrainingSubset
from cobra.errors import UserError


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
    anomalies = _spread(list(_anomalies(prepared, normal_class).values()), subset.anomaly_limit)
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


def _anomalies(prepared: Prepared, normal_class: str) -> dict[str, NDArray[np.int64]]:
    """The anomalous test images by kind: another class, or a defect."""
    mask = prepared.splits == "test"
    if prepared.protocol == "defects":
        mask &= (prepared.categories == normal_class) & (prepared.defects != "")
    else:
        mask &= prepared.categories != normal_class
    kinds = _kinds(prepared)
    return {name: np.flatnonzero(mask & (kinds == name)) for name in np.unique(kinds[mask]).tolist()}


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
