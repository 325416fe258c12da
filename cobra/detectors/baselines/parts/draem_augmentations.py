"""Strong augmentations, of which DRAEM composes three to make an anomaly's texture (Zavrtanik et al. 2021,
section 3.3): each maps images [N, 3, H, W] in [0, 1] and a random stream for each to the same.

Ranges are the released code's where it states them and imgaug's defaults otherwise. Ours: the chosen ones
come in a fixed order.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from cobra.randomness import ImageRandom
from cobra.training.crafting.mild import grey, turn_hue
from cobra.training.crafting.warp import column

COMPOSED = 3
SMOOTH = ((1, 1, 1), (1, 5, 1), (1, 1, 1))  # Pillow's kernel; what sharpness moves away from
LEVELS = 255


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
