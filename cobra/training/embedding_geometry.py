"""Where embeddings lie and where the attack of training moves them: what the paper says of spurious
negatives, measured on views as training makes them.

Of a batch of B normal images and their B pseudo-anomalies with two mild views each, the attack perturbs the
first view; cosines are taken between rows of the first view, clean or perturbed, and rows of the second,
clean one. The group axis leads from the mean embedding of the normal images to that of the pseudo-anomalies.
Batch norm is in eval mode, as while attacking.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from cobra.data.one_class import Images, as_unit
from cobra.randomness import ImageRandom, generator
from cobra.training.adversary import adversarial_views
from cobra.training.crafting.generated_pool import Pool
from cobra.training.crafting.groups import make_groups
from cobra.training.crafting.likelihood_filter import fit_filter
from cobra.training.networks.network import Network
from cobra.training.settings import DetectorSettings, ObjectiveSettings

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
CLEAN, ATTACKED = "clean", "attacked"


@dataclass(frozen=True)
class Batch:
    """Two views [2B, C, H, W] of B normal images and then of their pseudo-anomalies, and their streams."""

    views: list[Tensor]
    random: ImageRandom


def batches_as_trained(
    images: Images, settings: DetectorSettings, seed: int, count: int, pool: Pool | None
) -> Iterator[Batch]:
    """Up to `count` batches of the normal training `images`, of the training's size, crafted and augmented as
    in training; the same for every epoch and, with the same crafting, for every method.
    """
    threshold = fit_filter(images, settings.crafting, seed) if settings.crafting.filter.enabled else None
    size = settings.schedule.batch_size
    rows = torch.randperm(len(images), generator=generator(seed, "geometry"))[: count * size]
    for batch in rows.to(images.ids.device).chunk(-(-len(rows) // size)):
        random = ImageRandom.of(seed, images.ids[batch], "geometry")
        normal = as_unit(images.pixels[batch])
        groups = make_groups(normal, random, settings.crafting, threshold, pool)
        yield Batch(groups.views, groups.random)


def measure(
    network: Network, batches: list[Batch], settings: DetectorSettings, losses: Sequence[str]
) -> list[dict[str, str | float]]:
    """A row per quantity: loss (whose attack moved the views; empty: clean views), views (clean, attacked),
    quantity, count, mean and quantiles.

    same_image, opposite, within_normal, within_anomalies, between: cosines, `between` without the opposites
    direction_normal, direction_anomalies: cosine between a row's shift and the way to the other group's mean
    length: of the shift
    """
    network.eval()
    still = [[_embed(network, view) for view in batch.views] for batch in batches]
    axis = group_axis(still)
    found = {("", CLEAN): [cosines(first, second) for first, second in still]}
    for loss in losses:
        moved = [_embed(network, attacked(network, batch, settings, loss)) for batch in batches]
        found[loss, ATTACKED] = [
            cosines(each, second) | shifts(first, each, axis)
            for each, (first, second) in zip(moved, still, strict=True)
        ]
    return [
        {"loss": loss, "views": views, "quantity": name, **summary(torch.cat([each[name] for each in parts]))}
        for (loss, views), parts in found.items()
        for name in parts[0]
    ]


def attacked(network: Network, batch: Batch, settings: DetectorSettings, loss: str) -> Tensor:
    """The first view perturbed to maximise a contrastive `loss`, by the adversary of the training (of
    standard training: by the one that it leaves out).
    """
    objective = ObjectiveSettings.model_validate(
        {"contrastive": loss, "classification": False, "temperature": settings.objective.temperature}
    )
    own = settings.adversary.model_copy(update={"enabled": True, "terms": ["contrastive"]})
    chosen = settings.model_copy(update={"objective": objective, "adversary": own})
    return adversarial_views(network, chosen, batch.views, batch.random)["contrastive"]


@torch.no_grad()
def _embed(network: Network, images: Tensor) -> Tensor:
    return network.embed(images, "projection")


def pair_masks(batch: int) -> dict[str, Tensor]:
    """Bool [2B, 2B] per kind of pair: of a row of the first view and a row of the second."""
    image = torch.arange(2 * batch)
    group = image >= batch
    own = image[:, None] == image[None, :]
    opposite = image[:, None] == (image[None, :] + batch) % (2 * batch)
    together = group[:, None] == group[None, :]
    return {
        "same_image": own,
        "opposite": opposite,
        "within_normal": together & ~own & ~group[:, None],
        "within_anomalies": together & ~own & group[:, None],
        "between": ~together & ~opposite,
    }


def cosines(first: Tensor, second: Tensor) -> dict[str, Tensor]:
    """Per kind of pair the cosines of l2-normalised rows [2B, D] of the first view with the second's."""
    similarity = first @ second.T
    masks = pair_masks(len(first) // 2)
    return {name: similarity[mask.to(similarity.device)] for name, mask in masks.items()}


def group_axis(embedded: list[list[Tensor]]) -> Tensor:
    """The way [D] from the mean of all normal rows, of both views of all batches, to that of the others."""
    halves = [view.chunk(2) for views in embedded for view in views]
    normal, pseudo = (torch.cat(rows).mean(dim=0) for rows in zip(*halves, strict=True))
    return pseudo - normal


def shifts(still: Tensor, moved: Tensor, axis: Tensor) -> dict[str, Tensor]:
    """Cosine of each row's shift with the way to the other group, by the group it is of, and its length."""
    shift = moved - still
    normal, pseudo = F.cosine_similarity(shift, axis[None], dim=1).chunk(2)
    return {"direction_normal": normal, "direction_anomalies": -pseudo, "length": shift.norm(dim=1)}


def summary(values: Tensor) -> dict[str, float]:
    """How many values there are, their mean and quantiles; NaN if there are none."""
    numbers = values.double().cpu().numpy()
    if len(numbers) == 0:
        return {"count": 0, "mean": float("nan"), **dict.fromkeys(QUANTILES, float("nan"))}
    found = np.quantile(numbers, list(QUANTILES.values())).tolist()
    return {"count": len(numbers), "mean": float(numbers.mean()), **dict(zip(QUANTILES, found, strict=True))}
