"""A bank of patches of normal images, in the features of a network that is not trained here
(Roth et al. 2022).
"""

from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from cobra.detectors.baseline_detector import Training
from cobra.detectors.baselines.parts.features import BATCH, Architecture, BankSettings, FeatureBank, scaled
from cobra.detectors.baselines.parts.neighbours import nearest
from cobra.randomness import generator
from cobra.settings.section import setting

LAYERS = (2, 3)
STAGE = "coreset"
SAVED = 500  # choices after which the state is written


class PatchSettings(BankSettings):
    """Of a bank of patches."""

    network: Architecture = setting(
        "wide_resnet50_2",
        "Architecture; a residual one is named as in torchvision (Roth et al., section 4.1).",
        paper="wide_resnet50_2",
    )
    side: int | None = setting(
        224, "Images are scaled to this side (Roth et al., section 4.1); empty: they stay as they are.", ge=32
    )
    neighbourhood: int = setting(3, "Side of a patch in cells of a map (Roth et al.).", paper=3, ge=1)
    share: float = setting(
        0.1, "Share of the patches that the coreset keeps (Roth et al.: 10 %).", paper=0.1, gt=0, le=1
    )
    projection: int = setting(
        128, "Dimension in which the coreset is chosen (released code).", paper=128, ge=1
    )


Chosen = TypeVar("Chosen", bound=PatchSettings)


class PatchMemory(FeatureBank[Chosen]):
    """The squared distance to the bank of the patch that is farthest from it."""

    def bank_of(self, training: Training) -> Tensor:
        patches = [self.patches(batch).flatten(0, 1) for batch in training.batches("patches", BATCH)]
        return coreset(torch.cat(patches), self.settings.share, self.settings.projection, training)

    def score(self, images: Tensor) -> Tensor:
        patches = self.patches(images)
        rows = torch.arange(len(images), device=images.device)
        with torch.no_grad():
            distances, entries = (
                each.view(patches.shape[:2]) for each in nearest(patches.flatten(0, 1), self.bank)
            )
            worst = distances.argmax(dim=1)
        return (patches[rows, worst] - self.bank[entries[rows, worst]]).square().sum(dim=1)

    def patches(self, images: Tensor) -> Tensor:
        """Locally aware features [N, P, D]: maps averaged over neighbourhoods, brought to the size of the
        first of them, one after another.
        """
        padding = self.settings.neighbourhood // 2
        maps = list(self.extractor.maps(images, max(LAYERS)))
        chosen = [F.avg_pool2d(maps[layer - 1], self.settings.neighbourhood, 1, padding) for layer in LAYERS]
        side = chosen[0].shape[-1]
        return torch.cat([scaled(each, side) for each in chosen], dim=1).flatten(2).transpose(1, 2)


def coreset(rows: Tensor, share: float, projection: int, training: Training) -> Tensor:
    """A part of rows [M, D] that covers them, greedily (k-centre, Roth et al. 2022, section 3.2): each in
    turn the one that is farthest, in fewer dimensions, from those chosen before it; the first is drawn.
    Continues where a killed run stopped.
    """
    count = max(1, round(share * len(rows)))
    projected = _projected(rows, projection, training.seed)
    if state := training.stages.get(STAGE):
        chosen, distances = state["chosen"], state["distances"]
    else:
        first = torch.randint(len(rows), (1,), generator=generator(training.seed, STAGE, "first"))
        chosen = [int(first)]
        distances = _squared_distances(projected, chosen[0])
    with training.scratch.progress("coreset, patches", count, len(chosen)) as bar:
        while len(chosen) < count:
            chosen.append(int(distances.argmax()))
            distances = torch.minimum(distances, _squared_distances(projected, chosen[-1]))
            bar.update()
            if len(chosen) % SAVED == 0:
                training.save(STAGE, {"chosen": chosen, "distances": distances})
    return rows[torch.tensor(chosen, device=rows.device)]


def _projected(rows: Tensor, dimension: int, seed: int) -> Tensor:
    """The rows in fewer dimensions, their distances kept on average (Johnson, Lindenstrauss 1984)."""
    if dimension >= rows.shape[1]:
        return rows
    drawn = torch.randn(rows.shape[1], dimension, generator=generator(seed, STAGE, "projection"))
    return rows @ (drawn / dimension**0.5).to(rows.device)


def _squared_distances(rows: Tensor, chosen: int) -> Tensor:
    return (rows - rows[chosen]).square().sum(dim=1)
