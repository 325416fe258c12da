"""A bank of patches of normal images, in the features of a network that is not trained here
(Roth et al. 2022).
"""

from typing import Self, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from cobra.data.one_class import as_unit
from cobra.detectors.baselines.parts.baseline import Training
from cobra.detectors.baselines.parts.coreset import coreset
from cobra.detectors.baselines.parts.feature_bank import BankSettings, FeatureBank
from cobra.detectors.baselines.parts.feature_extractor import BATCH, Architecture, scaled
from cobra.settings.section import setting

LAYERS = (2, 3)
ROWS = 4096  # patches compared with the bank at once


class PatchSettings(BankSettings):
    """Of a bank of patches."""

    network: Architecture = setting(
        "wide_resnet50_2",
        "Architecture, named as torchvision names it (Roth et al., section 4.1).",
        paper="wide_resnet50_2",
    )
    side: int | None = setting(
        224, "Images are scaled to this side (Roth et al., section 4.1); empty: they stay as they are.", ge=32
    )
    neighbourhood: int = setting(3, "Side of a patch in cells of a map (Roth et al.).", paper=3, ge=1)
    share: float = setting(
        0.1,
        "Share of the patches that the coreset keeps (Roth et al.: 10 %).",
        paper=0.1,
        gt=0,
        le=1,
    )
    projection: int = setting(
        128, "Dimension in which the coreset is chosen (released code).", paper=128, ge=1
    )


Chosen = TypeVar("Chosen", bound=PatchSettings)


class PatchMemory(FeatureBank[Chosen]):
    """The squared distance to the bank of the patch that is farthest from it."""

    @classmethod
    def fit(cls, settings: Chosen, training: Training) -> Self:
        """The coreset of the patches of the training images."""
        made = cls(settings, cls.chosen(settings, training), torch.empty(0))
        made.bank = coreset(made.of_normal(training), settings.share, settings.projection, training)
        return made

    def score(self, images: Tensor) -> Tensor:
        """The distances [N]."""
        patches = self.patches(images)
        rows = torch.arange(len(images), device=images.device)
        with torch.no_grad():
            distances, nearest = _nearest(patches.flatten(0, 1), self.bank)
            worst = distances.view(patches.shape[:2]).argmax(dim=1)
            entries = self.bank[nearest.view(patches.shape[:2])[rows, worst]]
        return (patches[rows, worst] - entries).square().sum(dim=1)

    def patches(self, images: Tensor) -> Tensor:
        """Locally aware features [N, P, D]: maps averaged over neighbourhoods, brought to the size of the
        first of them, one after another.
        """
        padding = self.settings.neighbourhood // 2
        maps = list(self.extractor.maps(images, max(LAYERS)))
        chosen = [F.avg_pool2d(maps[layer - 1], self.settings.neighbourhood, 1, padding) for layer in LAYERS]
        side = chosen[0].shape[-1]
        return torch.cat([scaled(each, side) for each in chosen], dim=1).flatten(2).transpose(1, 2)

    @torch.no_grad()
    def of_normal(self, training: Training) -> Tensor:
        """The patches [M, D] of the normal training images."""
        found = []
        with training.scratch.progress("patches, images", len(training.images), 0) as bar:
            for batch in training.images.pixels.split(BATCH):
                found.append(self.patches(as_unit(batch)).flatten(0, 1))
                bar.update(len(batch))
        return torch.cat(found)


def _nearest(rows: Tensor, bank: Tensor) -> tuple[Tensor, Tensor]:
    """Of rows [M, D] the squared distance to the nearest of a bank, and which that is."""
    norms = bank.square().sum(dim=1)
    found = [(2 * piece @ bank.T - norms).max(dim=1) for piece in rows.split(ROWS)]
    closeness = torch.cat([each.values for each in found])
    return rows.square().sum(dim=1) - closeness, torch.cat([each.indices for each in found])
