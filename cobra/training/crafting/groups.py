"""The groups of a batch: what stands beside the normal images, and the views of all of them.

    pseudo_anomaly  two groups: normal images, and the pseudo-anomaly crafted from each (paper)
    rotations       four groups: the images turned by 0, 90, 180 and 270 degrees (released code)

A view is turned after its mild augmentation, not before: the mirror of an image turned by 90 degrees is its
mirror image turned by 270, so a flip after the turn would take one group for another (released code: flips
first).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from cobra.randomness import ImageRandom
from cobra.training.crafting.generated_pool import Pool
from cobra.training.crafting.likelihood_filter import ThresholdFilter
from cobra.training.crafting.mild import mild
from cobra.training.crafting.pseudo_anomalies import craft
from cobra.training.crafting.settings import ROTATIONS, CraftingSettings


@dataclass(frozen=True)
class Groups:
    """Images [G x N, C, H, W] of which the views of G groups are made, a stream for each, and what crafting
    them took: whether each candidate was accepted (bool) and its tries (int64).
    """

    images: Tensor
    random: ImageRandom
    settings: CraftingSettings
    accepted: Tensor
    tries: Tensor

    def view(self, number: int) -> Tensor:
        """A mild view of every image, group by group: [G x N, C, H, W] in [0, 1]."""
        views = mild(self.images, self.random.child("view", number), self.settings.mild)
        return turned(views) if self.settings.groups == "rotations" else views


def make_groups(
    normal: Tensor,
    random: ImageRandom,
    settings: CraftingSettings,
    threshold: ThresholdFilter | None,
    pool: Pool | None = None,
) -> Groups:
    """The groups of normal images [N, C, H, W] in [0, 1], as `settings.groups` says."""
    streams = [random.child("normal views"), random.child("pseudo views")]
    if settings.groups == "rotations":
        streams += [random.child("pseudo views", group) for group in range(2, ROTATIONS)]
        once = torch.ones(len(normal), dtype=torch.int64, device=normal.device)
        images = normal.repeat(ROTATIONS, 1, 1, 1)
        return Groups(images, ImageRandom.cat(streams), settings, once.bool(), once)
    crafted = craft(normal, random.child("pseudo"), settings, threshold, pool)
    images = torch.cat([normal, crafted.images])
    return Groups(images, ImageRandom.cat(streams), settings, crafted.accepted, crafted.tries)


def turned(images: Tensor) -> Tensor:
    """The four quarters of square images [4 x N, C, H, W] turned by 0, 90, 180 and 270 degrees."""
    quarters = enumerate(images.chunk(ROTATIONS))
    return torch.cat([torch.rot90(quarter, turns, (2, 3)) for turns, quarter in quarters])


def examples(normal: Tensor, random: ImageRandom, settings: CraftingSettings, pool: Pool | None) -> Tensor:
    """One image of another group for each normal one, to look at, unfiltered: [N, C, H, W]."""
    if settings.groups == "rotations":
        return torch.rot90(normal, 1, (2, 3))
    return craft(normal, random, settings, None, pool).images
