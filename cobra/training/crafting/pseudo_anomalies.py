"""Pseudo-anomalies (the paper's Upsilon): random hard compositions that pass the threshold filter."""

from dataclasses import dataclass

import torch
from torch import Tensor

from cobra.randomness import ImageRandom
from cobra.training.crafting.generated_pool import Pool
from cobra.training.crafting.hard import apply_chosen, choose
from cobra.training.crafting.likelihood_filter import ThresholdFilter
from cobra.training.crafting.settings import CraftingSettings
from cobra.training.crafting.warp import column


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
    chosen = choose(attempt.child("kinds"), settings.hard)
    crafted = apply_chosen(images, chosen, attempt.child("parameters"), settings.hard)
    return crafted if pool is None else pool.replace_some(crafted, random, attempt)
