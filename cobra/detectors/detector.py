"""A trained detector: images -> anomaly scores, saved to and loaded from one file."""

from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cobra.artifacts.checkpoints import TRAINED, identity_in, read_torch, write_torch
from cobra.artifacts.identity import Identity
from cobra.data.one_class import Images, as_unit
from cobra.detectors.ensemble import FITTED, Ensemble
from cobra.detectors.settings import ScoreSettings
from cobra.errors import UserError, blamed_on_content
from cobra.randomness import generator
from cobra.training.networks.network import Network, folded, halved, restored_network
from cobra.training.networks.settings import ModelSettings
from cobra.training.settings import DetectorSettings

SPACES = ("projection", "backbone")
BATCH = 256

Pool = Callable[[Tensor], Tensor]  # similarities [N, K] to the memory -> one per image, [N]


def nearest(similarities: Tensor) -> Tensor:
    """The similarity to the nearest entry."""
    return similarities.max(dim=1).values


class Detector(nn.Module):
    """Network (and `scorer`, the same made fast for scoring), memory bank of normal images, kind of score.

    `scale` holds the means over the normal training images of the quantities that the combined score
    balances, `ensemble` what the ensemble score needs, where that was fitted.
    """

    def __init__(
        self,
        network: Network,
        memory: dict[str, Tensor],
        scale: dict[str, float],
        identity: Identity,
        ensemble: Ensemble | None = None,
    ) -> None:
        super().__init__()
        self.network = network.requires_grad_(False)
        self.scorer = folded(network)
        for space, embeddings in memory.items():
            self.register_buffer(f"memory_{space}", embeddings)
        self.scale = scale
        self.ensemble = ensemble
        self.identity = identity
        self.kind = ScoreSettings()
        self.eval()

    @classmethod
    @torch.no_grad()
    def build(cls, network: Network, images: Images, identity: Identity) -> Self:
        """The detector of a trained network and the normal training `images`."""
        network.eval()
        features = torch.cat([network.features(as_unit(piece)) for piece in images.pixels.split(BATCH)])
        memory = {"projection": network.project(features), "backbone": F.normalize(features, dim=1)}
        scale = {space: mean_similarity(memory[space]) for space in SPACES}
        scale["classifier"] = float(-_margin(network.logits(features)).mean())
        ensemble, settings = None, _settings(identity)
        if settings.has_ensemble:
            few = max(1, BATCH // (FITTED * network.groups))
            pieces = map(as_unit, images.pixels.split(few))
            ensemble = Ensemble.fit(network, pieces, settings.ensemble_crafting)
        return cls(network, memory, scale, identity, ensemble)

    def score(self, images: Tensor) -> Tensor:
        """Anomaly scores [N] of images [N, C, H, W] in [0, 1]; higher is more anomalous; differentiable.

        similarity  -max over the memory, or a part of it (scores.*.memory), of the cosine similarity (paper)
        classifier  logit of pseudo-anomaly minus logit of normal; of four groups the log-odds of a turned
                    image against one as it is (ours; released code: the latter's logit)
        combined    the sum of both, each divided by its mean over the normal training images, all of them
                    (released code's weights; an image is not its own neighbour in that mean: ours)
        ensemble    the released code's whole score (cobra.detectors.ensemble), where it was fitted
        """
        return self.pooled(images, nearest)

    def pooled(self, images: Tensor, pool: Pool) -> Tensor:
        """The score with `pool` in place of the maximum over the memory."""
        kind = images.device.type
        network = self.half if torch.is_autocast_enabled(kind) else self.scorer
        if self.kind.kind == "ensemble":
            count = self.kind.augmentations
            return self.require_ensemble().score(self.scorer, network.features, images, count, pool)
        features = network.features(images)
        with torch.autocast(kind, enabled=False):  # bf16 leaves too few digits to tell similarities apart
            return self._from_features(features, pool)

    def require_ensemble(self) -> Ensemble:
        """What the ensemble score needs; raises UserError if it was not fitted."""
        if self.ensemble is None:
            raise UserError(
                "The score ensemble was not fitted to this detector: set ensemble.fitted to true, or "
                "crafting.groups to rotations, and train again, or use another score."
            )
        return self.ensemble

    @cached_property
    def half(self) -> Network:
        """`scorer` for gradients in bf16."""
        return halved(self.scorer)

    def _from_features(self, features: Tensor, pool: Pool) -> Tensor:
        if self.kind.kind == "classifier":
            return _margin(self.scorer.logits(features))
        space = self.kind.space
        embedding = self.scorer.project(features) if space == "projection" else F.normalize(features, dim=1)
        similarity = -pool(embedding @ self.compared(space).T)
        if self.kind.kind == "similarity":
            return similarity
        margin = _margin(self.scorer.logits(features))
        return similarity / abs(self.scale[space]) + margin / abs(self.scale["classifier"])

    @property
    def has_neighbours(self) -> bool:
        """Whether the score rests on a maximum over the memory, which `pooled` may replace."""
        return self.kind.kind != "classifier"

    def memory(self, space: str) -> Tensor:
        """The l2-normalised embeddings [K, D] of the normal training images in `space`."""
        return self.get_buffer(f"memory_{space}")

    def compared(self, space: str) -> Tensor:
        """The entries of the memory that the score compares with: all, or as many as its settings say, drawn
        by the detector's seed. Raises UserError if there are fewer.
        """
        entries, wanted = self.memory(space), self.kind.memory
        if wanted is None:
            return entries
        if wanted > len(entries):
            raise UserError(
                f"The memory has {len(entries)} entries where a score asks for {wanted}: lower "
                "scores.*.memory, or leave it out for all."
            )
        return entries[drawn(int(self.identity.subject["seed"]), len(entries), wanted, entries.device)]

    def forward(self, images: Tensor) -> Tensor:
        return self.score(images)

    def save(self, path: Path) -> None:
        """Write the detector, its identity inside; equal detectors give equal bytes."""
        content = {
            "identity": self.identity.model_dump_json(),
            "model": self.network.settings.model_dump_json(),
            "network": self.network.state_dict(),
            "memory": {space: self.memory(space) for space in SPACES},
            "scale": self.scale,
        }
        write_torch(path, content | ({"ensemble": self.ensemble.state()} if self.ensemble else {}))

    @classmethod
    def load(cls, path: Path, kind: ScoreSettings | None = None, device: torch.device | str = "cpu") -> Self:
        """Read what `save` wrote; `kind` chooses the score. Raises UserError for any other file."""
        return cls.restored(path, read_torch(path, device), kind, device)

    @classmethod
    def restored(
        cls, path: Path, content: dict[str, Any], kind: ScoreSettings | None, device: torch.device | str
    ) -> Self:
        """The same of a file's `content`, read."""
        identity = identity_in(path, content, TRAINED, "detector")
        with blamed_on_content(f"{path} is not a detector of this version: train it again."):
            model = ModelSettings.model_validate_json(content["model"])
            network = restored_network(model, content["network"], device)
            fitted = content.get("ensemble")
            crafting = _settings(identity).ensemble_crafting
            ensemble = Ensemble(**fitted, crafting=crafting) if fitted else None
            detector = cls(network, content["memory"], content["scale"], identity, ensemble)
        detector.kind = kind or ScoreSettings()
        if detector.kind.kind == "ensemble":
            detector.require_ensemble()
        return detector


@cache
def drawn(seed: int, entries: int, count: int, device: torch.device) -> Tensor:
    """The places [count] of entries drawn without replacement; those of a smaller `count` come first."""
    order = torch.randperm(entries, generator=generator(seed, "memory"))
    return order[:count].to(device)


def mean_similarity(memory: Tensor) -> float:
    """Mean over the memory of the similarity to the nearest other entry."""
    rows = torch.arange(len(memory), device=memory.device)
    nearest = [
        (piece @ memory.T).scatter(1, own[:, None], -torch.inf).max(dim=1).values
        for own, piece in zip(rows.split(BATCH), memory.split(BATCH), strict=True)
    ]
    return float(torch.cat(nearest).mean())


def _settings(identity: Identity) -> DetectorSettings:
    return DetectorSettings.model_validate(identity.settings)


def _margin(logits: Tensor) -> Tensor:
    """Log-odds of any other group against the normal one: of two groups the difference of their logits."""
    return logits[:, 1:].logsumexp(dim=1) - logits[:, 0]
