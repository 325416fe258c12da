"""The groups of a batch: what stands beside the normal images, and the views of all of them.

    pseudo_anomaly  two groups: normal images, and the pseudo-anomaly crafted from each (the paper's Upsilon:
                    random hard compositions that pass the threshold filter)
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
from cobra.training.crafting.hard import compose
from cobra.training.crafting.likelihood_filter import ThresholdFilter
from cobra.training.crafting.mild import mild
from cobra.training.crafting.settings import ROTATIONS, CraftingSettings
from cobra.training.crafting.warp import column, turned

VIEWS = 2


@dataclass(frozen=True)
class Groups:
    """Two views of every image of G groups, group by group [G x N, C, H, W] in [0, 1], a stream for each of
    their rows, and what crafting took: whether each candidate was accepted (bool) and its tries (int64).
    """

    views: list[Tensor]
    random: ImageRandom
    accepted: Tensor
    tries: Tensor


def make_groups(
    normal: Tensor,
    random: ImageRandom,
    settings: CraftingSettings,
    threshold: ThresholdFilter | None,
    pool: Pool | None = None,
) -> Groups:
    """The groups of normal images [N, C, H, W] in [0, 1], as `settings.groups` says."""
    streams = [random.child("normal views"), random.child("pseudo views")]
    if settings.groups == "pseudo_anomaly":
        return _two_groups(normal, random, streams, settings, threshold, pool)
    streams += [random.child("pseudo views", group) for group in range(2, ROTATIONS)]
    rows, once = ImageRandom.cat(streams), torch.ones(len(normal), dtype=torch.int64, device=normal.device)
    images = normal.repeat(ROTATIONS, 1, 1, 1)
    views = [turned(mild(images, rows.child("view", number), settings.mild)) for number in range(VIEWS)]
    return Groups(views, rows, once.bool(), once)


def _two_groups(
    normal: Tensor,
    random: ImageRandom,
    streams: list[ImageRandom],
    settings: CraftingSettings,
    threshold: ThresholdFilter | None,
    pool: Pool | None,
) -> Groups:
    """Views of normal images and of the pseudo-anomalies crafted as `settings.crafted_from` says."""
    crafted: list[Crafted] = []
    views = []
    for number in range(VIEWS):
        if settings.crafted_from == "view":
            seen = mild(normal, streams[0].child("view", number), settings.mild)
            crafted.append(craft(seen, random.child("pseudo", number), settings, threshold, pool))
            views.append(torch.cat([seen, crafted[-1].images]))
            continue
        if settings.crafted_from == "image_per_view":
            crafted.append(craft(normal, random.child("pseudo", number), settings, threshold, pool))
        elif not crafted:
            crafted.append(craft(normal, random.child("pseudo"), settings, threshold, pool))
        both = torch.cat([normal, crafted[-1].images])
        views.append(mild(both, ImageRandom.cat(streams).child("view", number), settings.mild))
    accepted, tries = (torch.cat([getattr(each, name) for each in crafted]) for name in ("accepted", "tries"))
    return Groups(views, ImageRandom.cat(streams), accepted, tries)


@dataclass(frozen=True)
class Crafted:
    """Pseudo-anomalies [N, 3, H, W], whether each passed the filter (bool [N]), its tries (int64 [N])."""

    images: Tensor
    accepted: Tensor
    tries: Tensor


def craft(
    images: Tensor,
    random: ImageRandom,
    settings: CraftingSettings,
    threshold: ThresholdFilter | None,
    pool: Pool | None = None,
) -> Crafted:
    """One pseudo-anomaly per normal image in [0, 1].

    Without a filter the first candidate counts. With one, an image is crafted again until a candidate
    is unlikely enough, `max_tries` times at most, and then its least likely candidate is kept (ours).

    With a `pool` candidates are drawn from it, all or its share. The partner that L_COBRA pushes a normal
    image away from is then the drawn image, which need not resemble it (ours).
    """
    first = _candidate(images, random, 0, settings, pool)
    tries = torch.ones(len(images), dtype=torch.int64, device=images.device)
    if threshold is None:
        return Crafted(first, torch.ones_like(tries, dtype=torch.bool), tries)
    best, distance = first, threshold.distance(first)
    for attempt in range(1, settings.filter.max_tries):
        pending = torch.nonzero(distance <= threshold.limit)[:, 0]
        if len(pending) == 0:
            break
        again = _candidate(images[pending], random.select(pending), attempt, settings, pool)
        again_distance = threshold.distance(again)
        better = column(again_distance > distance[pending])
        best[pending] = torch.where(better, again, best[pending])
        distance[pending] = torch.maximum(distance[pending], again_distance)
        tries[pending] += 1
    return Crafted(best, distance > threshold.limit, tries)


def _candidate(
    images: Tensor, random: ImageRandom, number: int, settings: CraftingSettings, pool: Pool | None
) -> Tensor:
    attempt = random.child("try", number)
    crafted = compose(images, attempt, settings.hard)
    return crafted if pool is None else pool.replace_some(crafted, random, attempt)


def examples(normal: Tensor, random: ImageRandom, settings: CraftingSettings, pool: Pool | None) -> Tensor:
    """One image of another group for each normal one, to look at, unfiltered: [N, C, H, W]."""
    if settings.groups == "rotations":
        return torch.rot90(normal, 1, (2, 3))
    return craft(normal, random, settings, None, pool).images
