"""The one-class protocol: one class is normal, training sees only its images, all others are anomalies."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cobra.data.store import Prepared
from cobra.errors import UserError
from cobra.settings.data import TestSubset, TrainingSubset


@dataclass(frozen=True)
class Images:
    """A batch of data: uint8 images [N, C, H, W], their ids int64 [N], on one device."""

    pixels: Tensor
    ids: Tensor

    def __len__(self) -> int:
        return len(self.ids)

    def to(self, device: torch.device) -> "Images":
        """The same on `device`."""
        return Images(self.pixels.to(device), self.ids.to(device))


@dataclass(frozen=True)
class TestImages:
    """The test images with, per image, whether it is anomalous (bool [N]) and its class name."""

    images: Images
    is_anomaly: Tensor
    class_names: list[str]

    def to(self, device: torch.device) -> "TestImages":
        """The same on `device`."""
        return TestImages(self.images.to(device), self.is_anomaly.to(device), self.class_names)


def training_images(prepared: Prepared, normal_class: str, subset: TrainingSubset) -> Images:
    """The training images of `normal_class`; raises UserError if there are fewer than two."""
    rows = _rows(prepared, "train", normal_class)[: subset.limit]
    if len(rows) < 2:
        raise UserError(
            f"{normal_class!r} has {len(rows)} training images where at least 2 are needed: "
            "choose another class or check the prepared data."
        )
    return _take(prepared, rows)


def testing_images(prepared: Prepared, normal_class: str, subset: TestSubset) -> TestImages:
    """All test images, or the stated subset; raises UserError if either group is empty."""
    normal = _rows(prepared, "test", normal_class)[: subset.normal_limit]
    others = sorted(set(prepared.class_names.tolist()) - {normal_class})
    anomalies = _spread([_rows(prepared, "test", name) for name in others], subset.anomaly_limit)
    if len(normal) == 0 or len(anomalies) == 0:
        raise UserError(
            f"{normal_class!r} has {len(normal)} normal and {len(anomalies)} anomalous test images: "
            "both groups are needed for an AUROC."
        )
    rows = np.concatenate([normal, anomalies])
    return TestImages(
        images=_take(prepared, rows),
        is_anomaly=torch.arange(len(rows)) >= len(normal),
        class_names=prepared.class_names[rows].tolist(),
    )


def as_unit(pixels: Tensor) -> Tensor:
    """Uint8 images as float32 in [0, 1]."""
    return pixels.to(torch.float32) / 255


def _rows(prepared: Prepared, split: str, class_name: str) -> NDArray[np.int64]:
    return np.flatnonzero((prepared.splits == split) & (prepared.class_names == class_name))


def _spread(groups: list[NDArray[np.int64]], limit: int | None) -> NDArray[np.int64]:
    """Up to `limit` rows, taken in turn from the groups so that each is represented alike."""
    ranked = [(rank, row) for group in groups for rank, row in enumerate(group.tolist())]
    rows = [row for _, row in sorted(ranked)]
    return np.array(rows[:limit], dtype=np.int64)


def _take(prepared: Prepared, rows: NDArray[np.int64]) -> Images:
    pixels = torch.from_numpy(np.ascontiguousarray(prepared.images[rows])).permute(0, 3, 1, 2)
    return Images(pixels.contiguous(), torch.from_numpy(rows))
