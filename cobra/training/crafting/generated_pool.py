"""Generated anomalies in place of crafted ones: images from a folder, made by whatever model (ours)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cobra.artifacts.digests import digest
from cobra.data.folders import image_files
from cobra.data.generated_folder import KEY, class_folder
from cobra.data.image_decoding import Pixels
from cobra.data.one_class import as_unit
from cobra.data.prepared import Prepared
from cobra.data.prepared_writer import form_of, prepared_images
from cobra.data.raw import TEST, TRAIN, Label, from_files
from cobra.errors import UserError
from cobra.randomness import ImageRandom
from cobra.training.crafting.settings import GeneratedSettings
from cobra.training.crafting.warp import column


@dataclass(frozen=True)
class Pool:
    """The generated images of a class, uint8 [M, 3, H, W], of which `share` in (0, 1] of the
    pseudo-anomalies are drawn; `digest` is that of all pixels in the order of the files' names.
    """

    pixels: Tensor
    share: float
    digest: str

    def to(self, device: torch.device) -> "Pool":
        """The same on `device`."""
        return replace(self, pixels=self.pixels.to(device))

    def replace_some(self, crafted: Tensor, random: ImageRandom, attempt: ImageRandom) -> Tensor:
        """Pseudo-anomalies `crafted` [N, 3, H, W] in [0, 1], the share of them replaced by drawn images.

        Whether one is replaced follows from `random`, by which image from `attempt`: all tries of a normal
        image have the same source, so that the filter leaves the share as it is.
        """
        drawn = as_unit(self.pixels[attempt.child("generated").integers(len(self.pixels))])
        return torch.where(column(random.child("is generated").chance(self.share)), drawn, crafted)


def read_pool(
    settings: GeneratedSettings | None, prepared: Prepared, normal: str, threads: int
) -> Pool | None:
    """The generated images of the class `normal`, brought to the form of the `prepared` data; None without
    settings.

    Raises UserError if there are none, for images that cannot be read (all of them named), and for images
    that are test images of the data set.
    """
    if settings is None:
        return None
    files = image_files(class_folder(Path(settings.folder), normal))
    try:
        images, digests = _read(files, prepared, threads)
    except UserError as error:
        raise UserError(f"{KEY}: {error}") from None
    _require_none_of_the_test(files, digests, prepared)
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()
    return Pool(pixels, settings.share, digest("\n".join(digests)))


def _read(files: Sequence[Path], prepared: Prepared, threads: int) -> tuple[Pixels, list[str]]:
    """Images uint8 [M, H, W, 3], made of files as those of `prepared` were, and the digest of each."""
    form = form_of(prepared)
    raw = from_files([Label(TRAIN, "", "generated", str(file)) for file in files], files, form.background)
    images = np.empty((len(files), form.resolution, form.resolution, 3), dtype=np.uint8)
    digests = []
    for number, (image, own) in enumerate(prepared_images(raw, form.resolution, form.fit, threads)):
        images[number] = image
        digests.append(own)
    return images, digests


def _require_none_of_the_test(files: Sequence[Path], digests: Sequence[str], prepared: Prepared) -> None:
    pairs = zip(prepared.image_digests, prepared.splits, strict=True)
    test = {known for known, split in pairs if split == TEST}
    found = [str(file) for file, own in zip(files, digests, strict=True) if own in test]
    if found:
        raise UserError(
            f"{KEY}: {len(found)} of {len(files)} images are test images of the data set "
            f"({', '.join(found)}), by which the detector is judged: remove them."
        )
