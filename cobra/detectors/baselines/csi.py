"""CSI (Tack et al. 2020: Novelty detection via contrastive learning on distributionally shifted instances).

SimCLR in which an image turned by 90, 180 or 270 degrees is an instance of its own, and a classifier of the
turns. Facts of the released code are those of github.com/alinlab/CSI, commit cee4e5c.
"""

from typing import Any, Literal, Self

import torch
from pydantic import model_validator
from torch import Tensor, nn

from cobra.detectors.baseline_detector import Baseline, Training
from cobra.detectors.baselines.parts.learning import Course, Optimiser, learn
from cobra.errors import UserError
from cobra.randomness import ImageRandom
from cobra.settings.section import Section, setting
from cobra.training.crafting.mild import mild
from cobra.training.crafting.settings import ROTATIONS, MildSettings, Probability
from cobra.training.crafting.warp import turned
from cobra.training.losses import classification_loss, contrastive_loss
from cobra.training.networks.network import Network, build_network, folded, restored_network
from cobra.training.networks.optimiser import Lars, Schedule
from cobra.training.networks.settings import OURS, ModelSettings

VIEWS = 2
SHIFTS = ROTATIONS  # by 0, 90, 180 and 270 degrees
BATCH = 64


class ViewSettings(MildSettings):
    """SimCLR's augmentations."""

    crop_min_area: float = setting(
        0.08, "Smallest share of the image area kept by the crop (released code).", paper=0.08, gt=0, le=1
    )
    flip: Probability = setting(0.5, "Chance of a horizontal flip (released code).", paper=0.5)


class CourseSettings(Course):
    """LARS or plain momentum, linear warm-up, cosine decay."""

    epochs: int = setting(1000, "Passes over the images (Tack et al., appendix A).", paper=1000, ge=1)
    batch_size: int = setting(
        128, "Images per step, each in four turns and two views (Tack et al.: 512 turned).", paper=128, ge=2
    )
    optimizer: Literal["lars", "sgd"] = setting("lars", "Update rule.", paper="lars")
    learning_rate: float = setting(1.0, "Peak learning rate (Tack et al.).", paper=1.0, gt=0)
    momentum: float = setting(0.9, "Momentum (Tack et al.).", paper=0.9, ge=0, lt=1)
    weight_decay: float = setting(1e-6, "Weight decay (Tack et al.).", paper=1e-6, ge=0)
    warmup_epochs: float = setting(10, "Epochs of linear warm-up (Tack et al.).", paper=10, ge=0)
    trust_coefficient: float = setting(0.001, "Of LARS (released code).", paper=0.001, gt=0)

    @model_validator(mode="after")
    def _warmup_ends(self) -> Self:
        if self.warmup_epochs > self.epochs:
            raise ValueError(f"warmup_epochs={self.warmup_epochs} exceeds epochs={self.epochs}")
        return self

    def optimiser(self, network: nn.Module) -> Optimiser:
        return Lars(
            network,
            momentum=self.momentum,
            weight_decay=self.weight_decay,
            trust_coefficient=self.trust_coefficient if self.optimizer == "lars" else None,
        )

    def rate(self, step: int, steps: int) -> float:
        warmup = round(self.warmup_epochs * steps)
        return Schedule(self.learning_rate, warmup, self.epochs * steps).rate(step)


class Settings(Section):
    """Of CSI."""

    kind: Literal["csi"]
    model: ModelSettings = ModelSettings()
    views: ViewSettings = ViewSettings()
    temperature: float = setting(0.5, "Of the similarities (released code).", paper=0.5, gt=0)
    training: CourseSettings = CourseSettings()

    @model_validator(mode="after")
    def _network_of_ours(self) -> Self:
        if self.model.residual is None:
            raise ValueError(
                f"model.backbone is {self.model.backbone}, but csi takes {', '.join(OURS)} alone"
            )
        return self


class Fitted(Baseline[Settings]):
    """How unlike the training images an image is in each turn, and how unsure its turn is."""

    def __init__(self, settings: Settings, network: dict[str, Tensor], bank: Tensor, weights: Tensor) -> None:
        self.network = folded(restored_network(settings.model, network, bank.device))
        self.bank = bank
        self.weights = weights

    @classmethod
    def fit(cls, settings: Settings, training: Training) -> dict[str, Any]:
        network = build_network(settings.model, training.seed, SHIFTS).to(training.images.pixels.device)

        def loss(images: Tensor, random: ImageRandom) -> Tensor:
            return objective(network, images, random, settings)

        learn(network, loss, settings.training, training, "csi")
        with torch.no_grad():
            batches = [seen(network, shifted(batch)) for batch in training.batches("projections", BATCH)]
        projections, logits = (torch.cat(parts, dim=1) for parts in zip(*batches, strict=True))
        bank = nn.functional.normalize(projections, dim=2)
        return {"network": network.state_dict(), "bank": bank, "weights": balance(projections, logits)}

    def score(self, images: Tensor) -> Tensor:
        projections, logits = seen(self.network, shifted(images))
        similarity = (projections @ self.bank.mT).max(dim=2).values  # norm x cosine
        shares = self.weights[0, :, None] * similarity + self.weights[1, :, None] * logits
        return -shares.mean(dim=0)


def objective(network: Network, images: Tensor, random: ImageRandom, settings: Settings) -> Tensor:
    """NT-Xent over all turned images, plus the cross-entropy of their turns (Tack et al., section 2.2)."""
    views = [shifted_view(images, random.child("view", view), settings.views) for view in range(VIEWS)]
    features = network.features(torch.cat(views))
    contrast = contrastive_loss("cl", network.project(features), VIEWS, settings.temperature, SHIFTS)
    return contrast + classification_loss(network.logits(features), VIEWS)


def shifted(images: Tensor) -> Tensor:
    """Images [N, 3, H, W] in [0, 1] in each turn, one turn after another: [4 x N, 3, H, W] in [-1, 1], as
    CSI's network takes them.
    """
    return 2 * torch.cat([torch.rot90(images, turns, (2, 3)) for turns in range(SHIFTS)]) - 1


def shifted_view(images: Tensor, random: ImageRandom, settings: MildSettings) -> Tensor:
    """A view of each image in each turn, each augmented anew: [4 x N, 3, H, W] in [-1, 1].

    Turned after its augmentation, where the released code flips, turns, then changes colours and crops: the
    same in distribution, since colours do not depend on the turn and a crop may as well lie as stand.
    """
    views = [mild(images, random.child("turn", turns), settings) for turns in range(SHIFTS)]
    return 2 * turned(torch.cat(views)) - 1


def seen(network: Network, shifts: Tensor) -> tuple[Tensor, Tensor]:
    """Of images turned by `shifted` the projections [4, N, D], not normalised, and the logits of the turn
    that each has [4, N].
    """
    features = network.features(shifts)
    projections = network.projection(features).unflatten(0, (SHIFTS, -1))
    logits = network.logits(features).unflatten(0, (SHIFTS, -1))
    return projections, torch.stack([logits[turns, :, turns] for turns in range(SHIFTS)])


def balance(projections: Tensor, logits: Tensor) -> Tensor:
    """The weights lambda [2, 4] of similarities and logits: one over their mean over the training images, of
    each turn (Tack et al. 2020, section 2.3). A training image is the one nearest to itself, so its
    similarity is its norm.

    Raises UserError if a mean logit is not above 0: its share of the score would change sign.
    """
    means = torch.stack([projections.norm(dim=2).mean(dim=1), logits.mean(dim=1)])
    if not (means > 0).all():
        raise UserError(
            f"The classifier of turns has mean logits {[round(float(mean), 3) for mean in means[1]]} of the "
            "right turn on the training images, where all must be above 0: set a longer baseline.training."
        )
    return 1 / means
