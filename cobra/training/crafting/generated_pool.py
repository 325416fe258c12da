"""Generated anomalies in place of crafted ones: images from a folder, made by whatever model (ours)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from cobra.artifacts.digests import digest
from cobra.data.folders import image_files
from cobra.data.one_class import as_unit
from cobra.data.prepared import Prepared
from cobra.data.prepared_writer import form_of, load_files
from cobra.data.raw import TEST
from cobra.errors import UserError
from cobra.randomness import ImageRandom
from cobra.training.crafting.settings import GENERATED, GeneratedSettings
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
    files = image_files(settings.of_class(normal))
    form = form_of(prepared)
    try:
        images, digests = load_files(files, form.resolution, form.fit, form.background, threads)
    except UserError as error:
        raise UserError(f"{GENERATED}: {error}") from None
    _require_none_of_the_test(files, digests, prepared)
    return Pool(torch.from_numpy(images), settings.share, digest("\n".join(digests)))


def _require_none_of_the_test(files: Sequence[Path], digests: Sequence[str], prepared: Prepared) -> None:
    pairs = zip(prepared.image_digests, prepared.splits, strict=True)
    test = {known for known, split in pairs if split == TEST}
    found = [str(file) for file, own in zip(files, digests, strict=True) if own in test]
    if found:
        raise UserError(
            f"{GENERATED}: {len(found)} of {len(files)} images are test images of the data set "
            f"({', '.join(found)}), by which the detector is judged: remove them."
        )
