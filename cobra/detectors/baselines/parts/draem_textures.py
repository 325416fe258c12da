"""Where the textures of DRAEM's anomalies come from: a folder of images, or the training images, shuffled."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from cobra.artifacts.digests import digest, file_digest
from cobra.data.folders import image_files, subfolders
from cobra.data.one_class import StoredPixels, as_unit
from cobra.data.prepared_writer import load_files
from cobra.detectors.baselines.parts.baseline import Training
from cobra.errors import UserError
from cobra.randomness import ImageRandom
from cobra.settings.section import Digest, Section, setting

TILES = 4  # along a side


class TextureSettings(Section):
    """A folder of images of textures."""

    folder: str = setting(
        ..., "Folder of images, or of folders of images, in any common format.", min_length=1
    )
    sha256: Digest = setting(
        ...,
        "SHA-256 of the lines of SHA-256 of its files, in the order of their paths; another one is an error, "
        "which states it.",
    )


@dataclass(frozen=True)
class Source:
    """Images uint8 [M, 3, H, W] from which textures are drawn; `shuffled`: their tiles change places."""

    pixels: Tensor | StoredPixels
    shuffled: bool

    def draw(self, random: ImageRandom) -> Tensor:
        """A texture for each stream: [N, 3, H, W] in [0, 1]."""
        drawn = as_unit(self.pixels[random.child("which").integers(len(self.pixels))])
        return shuffle_tiles(drawn, random.child("tiles")) if self.shuffled else drawn


def texture_source(settings: TextureSettings | None, training: Training) -> Source:
    """The textures that are set, at the side of the training images; none: the training images, shuffled.

    Raises UserError unless the folder holds the declared images.
    """
    if settings is None:
        return Source(training.images.pixels, shuffled=True)
    images, _ = load_files(_declared(settings), training.side, "resize", "white", threads=1)
    return Source(torch.from_numpy(images).to(training.images.pixels.device), shuffled=False)


def shuffle_tiles(images: Tensor, random: ImageRandom) -> Tensor:
    """The 4 x 4 tiles of each image [N, C, H, W] in a random order, so that a texture does not lie where it
    is normal (ours, after MemSeg, Yang et al. 2023). H and W are multiples of 4.
    """
    order = random.uniform(TILES * TILES).argsort(dim=1)
    tiles = images.unflatten(3, (TILES, -1)).unflatten(2, (TILES, -1)).permute(0, 2, 4, 1, 3, 5)
    rows = torch.arange(len(images), device=images.device)[:, None]
    shuffled = tiles.flatten(1, 2)[rows, order].view_as(tiles)
    return shuffled.permute(0, 3, 1, 4, 2, 5).reshape(images.shape)


def _declared(settings: TextureSettings) -> list[Path]:
    """The files of the folder, checked."""
    folder = Path(settings.folder)
    files = [file for place in (folder, *subfolders(folder)) for file in image_files(place)]
    if not files:
        raise UserError(
            f"baseline.textures.folder is {folder}, which holds no images: place them there, or leave "
            "textures out."
        )
    found = digest("\n".join(file_digest(file) for file in files))
    if found != settings.sha256:
        raise UserError(
            f"{folder} holds {len(files)} images with the SHA-256 {found}, where baseline.textures.sha256 is "
            f"{settings.sha256}: place the declared images, or declare these."
        )
    return files
