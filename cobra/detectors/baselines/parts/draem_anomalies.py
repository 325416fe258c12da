"""DRAEM's simulated anomalies: textures, strongly augmented, blended into normal images under masks of Perlin
noise (Zavrtanik et al. 2021, section 3.3; Perlin 1985, 2002).

Augmentations map images [N, 3, H, W] in [0, 1] and a random stream for each to the same. Their ranges are
the released code's where it states them, else imgaug's defaults. Ours: they come in a fixed order.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from cobra.artifacts.digests import digest, file_digest
from cobra.data.folders import image_files, subfolders
from cobra.data.one_class import StoredPixels, as_unit
from cobra.data.prepared_writer import load_files
from cobra.detectors.baseline_detector import Training
from cobra.errors import UserError
from cobra.randomness import ImageRandom
from cobra.settings.section import Digest, Section, setting
from cobra.training.crafting.mild import grey, turn_hue
from cobra.training.crafting.settings import Probability
from cobra.training.crafting.warp import column, pixel_grid, rotate, sample

OPAQUE = 0.1  # at least, a texture (Zavrtanik et al.; released code: 0.2)
THRESHOLD = 0.5  # of the noise, above which a pixel is masked (released code)
TURN = math.pi / 2  # the noise is turned by up to this, either way (released code)
TILES = 4  # along a side
COMPOSED = 3  # augmentations of a texture
SMOOTH = ((1, 1, 1), (1, 5, 1), (1, 1, 1))  # Pillow's kernel; what sharpness moves away from
LEVELS = 255


class SimulationSettings(Section):
    """How normal images and anomalies are made of the training images."""

    anomalous: Probability = setting(0.5, "Chance of an anomaly (released code).", paper=0.5)
    scales: int = setting(
        6,
        "The noise of a mask has 1, 2, ..., 2^(scales - 1) cells along a side (released code: up to 32 on "
        "256 pixels); small images want fewer.",
        paper=6,
        ge=1,
        le=10,
    )
    turned: Probability = setting(0.3, "Chance that a normal image is turned (released code).", paper=0.3)
    turn: float = setting(
        45, "By up to so many degrees, either way (Zavrtanik et al.).", paper=45, released=90, ge=0, le=180
    )


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


@dataclass(frozen=True)
class Simulated:
    """Normal images and what anomalies made of them, [N, 3, H, W] in [0, 1]; where those are, bool
    [N, 1, H, W]: nowhere in images left normal.
    """

    normal: Tensor
    anomalous: Tensor
    mask: Tensor


def simulate(images: Tensor, random: ImageRandom, source: Source, settings: SimulationSettings) -> Simulated:
    """Normal images and anomalies made of training images [N, 3, H, W] in [0, 1]."""
    normal = _turned(images, random.child("normal"), settings)
    texture = strong(source.draw(random.child("source")), random.child("strong"))
    mask = perlin_masks(images, random.child("mask"), settings.scales)
    mask = mask & column(random.child("anomalous?").chance(settings.anomalous))
    opacity = column(random.child("opacity").uniform(low=OPAQUE))
    return Simulated(normal, torch.where(mask, torch.lerp(normal, texture, opacity), normal), mask)


def _turned(images: Tensor, random: ImageRandom, settings: SimulationSettings) -> Tensor:
    """Some of the images turned, their edges extended (ours; released code: black)."""
    most = math.radians(settings.turn)
    angle = random.child("angle").uniform(low=-most, high=most)
    grid = rotate(pixel_grid(images).expand(len(images), -1, -1, -1), angle)
    return torch.where(column(random.child("turned?").chance(settings.turned)), sample(images, grid), images)


def perlin_masks(images: Tensor, random: ImageRandom, scales: int) -> Tensor:
    """A random mask for each image [N, C, H, W]: bool [N, 1, H, W]. The noise has 1, 2, ..., 2^(scales - 1)
    cells along either side, drawn for each side; what its turn brings in from outside is not masked.
    """
    sides = [random.child("cells", axis).integers(scales) for axis in ("x", "y")]
    cells = 2 ** torch.stack(sides, dim=1)
    angle = random.child("turn").uniform(low=-TURN, high=TURN)
    points = rotate(pixel_grid(images).expand(len(images), -1, -1, -1), angle)
    inside = (points.abs() <= 1).all(dim=-1)
    noise = perlin_noise(points.clamp(-1, 1), cells, random.child("noise"), 2 ** (scales - 1))
    return ((noise > THRESHOLD) & inside)[:, None]


def perlin_noise(points: Tensor, cells: Tensor, random: ImageRandom, most: int) -> Tensor:
    """The noise [N, H, W], in [-1, 1], at points [N, H, W, 2], (x, y) in [-1, 1], of lattices of int64 [N, 2]
    cells along x and y, of which there are at `most` so many: as many angles are drawn for each image,
    whatever its own cells are.
    """
    angles = random.uniform(most + 1, most + 1, high=2 * math.pi).flatten(1)
    place = (points + 1) / 2 * cells[:, None, None]
    corner = torch.minimum(place.floor(), cells[:, None, None] - 1)  # the last cell has its far edge, too
    x, y = (place - corner).unbind(-1)
    column, row = corner.long().unbind(-1)
    # from 0 to 1, flat at both ends up to the second derivative (Perlin 2002)
    right, down = (t**3 * (t * (6 * t - 15) + 10) for t in (x, y))

    def ramp(dx: int, dy: int) -> Tensor:
        """The plane of a corner: the offset from it along its direction."""
        index = (row + dy) * (most + 1) + column + dx
        angle = angles.gather(1, index.flatten(1)).view_as(x)
        return (x - dx) * angle.cos() + (y - dy) * angle.sin()

    top = torch.lerp(ramp(0, 0), ramp(1, 0), right)
    bottom = torch.lerp(ramp(0, 1), ramp(1, 1), right)
    return math.sqrt(2) * torch.lerp(top, bottom, down)


def texture_source(settings: Literal["none"] | TextureSettings, training: Training) -> Source:
    """The textures that are set, at the side of the training images; none: the training images, shuffled.
    Raises UserError unless the folder holds the declared images.
    """
    if settings == "none":
        return Source(training.images.pixels, shuffled=True)
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
    images, _ = load_files(files, training.side, "resize", "white", threads=1)
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


def strong(images: Tensor, random: ImageRandom) -> Tensor:
    """Three of the augmentations of each image, drawn without replacement."""
    order = random.child("chosen").uniform(len(AUGMENTATIONS)).argsort(dim=1).argsort(dim=1)
    for number, augmentation in enumerate(AUGMENTATIONS):
        changed = augmentation(images, random.child(augmentation.__name__))
        images = torch.where(column(order[:, number] < COMPOSED), changed, images)
    return images


def posterize(images: Tensor, random: ImageRandom) -> Tensor:
    """Only the highest 1 to 8 bits of each value."""
    step = column(2 ** (7 - random.integers(8)))
    return (images * LEVELS / step).floor() * step / LEVELS


def sharpness(images: Tensor, random: ImageRandom) -> Tensor:
    """Away from the smoothed image, or towards it, by up to its difference."""
    kernel = images.new_tensor(SMOOTH).expand(3, 1, 3, 3) / 13
    smooth = F.conv2d(F.pad(images, (1, 1, 1, 1), mode="replicate"), kernel, groups=3)
    return torch.lerp(smooth, images, column(random.uniform(high=2))).clamp(0, 1)


def solarize(images: Tensor, random: ImageRandom) -> Tensor:
    """Values above a threshold inverted."""
    threshold = column(random.uniform(low=32, high=128)) / LEVELS
    return torch.where(images >= threshold, 1 - images, images)


def equalize(images: Tensor, _: ImageRandom) -> Tensor:
    """Each channel's histogram levelled: a value becomes the number of pixels below it, stretched to
    [0, 1] (as Pillow's); a channel of a single value stays.
    """
    values = images.flatten(2).contiguous()
    below = torch.searchsorted(values.sort(dim=2).values, values).to(images.dtype)
    most = below.amax(dim=2, keepdim=True)
    return torch.where(most > 0, below / most.clamp(min=1), values).view_as(images)


def brightness(images: Tensor, random: ImageRandom) -> Tensor:
    """Times 0.8 to 1.2, plus up to 30 of 255 levels either way."""
    factor = column(random.child("factor").uniform(low=0.8, high=1.2))
    shift = column(random.child("shift").uniform(low=-30, high=30)) / LEVELS
    return (images * factor + shift).clamp(0, 1)


def colour(images: Tensor, random: ImageRandom) -> Tensor:
    """Hue and saturation changed by up to 50 of 255 levels either way; hue in the YIQ plane (ours)."""
    turned = turn_hue(images, random.child("hue").uniform(low=-50, high=50) / LEVELS)
    factor = 1 + column(random.child("saturation").uniform(low=-50, high=50)) / LEVELS
    return torch.lerp(grey(turned), turned, factor).clamp(0, 1)


def autocontrast(images: Tensor, _: ImageRandom) -> Tensor:
    """Each channel stretched to all of [0, 1]; one of a single value stays."""
    least, most = images.amin(dim=(2, 3), keepdim=True), images.amax(dim=(2, 3), keepdim=True)
    return torch.where(most > least, (images - least) / (most - least).clamp(min=1 / LEVELS), images)


AUGMENTATIONS = (posterize, sharpness, solarize, equalize, brightness, colour, autocontrast)
