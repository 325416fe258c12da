"""Single image files in the form of a prepared data set: read and fitted as its own images were."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cobra.data.image_decoding import Pixels, UnreadableImageError, read_image
from cobra.data.prepared_writer import fit_image
from cobra.data.settings import PreparationSettings
from cobra.errors import UserError


def load_images(paths: Sequence[Path], form: PreparationSettings) -> Tensor:
    """Image files as uint8 [N, 3, H, W]; raises UserError naming every one that cannot be used."""
    images, faults = [], []
    for path in paths:
        try:
            images.append(fit_image(_read(path, form), form.resolution, form.fit))
        except UnreadableImageError as error:
            faults.append(f"{path} {error}")
    if faults:
        raise UserError(
            f"{len(faults)} of {len(paths)} images cannot be used ({'; '.join(faults)}): "
            "give image files, such as .png or .jpg."
        )
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()


def _read(path: Path, form: PreparationSettings) -> Pixels:
    if path.is_dir():
        raise UnreadableImageError("is a folder")
    return read_image(path, form.background)
