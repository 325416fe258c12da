"""The threshold filter: is a crafted image unlikely under the normal training images?

A small classifier learns, on normal images alone, which of k transformations was applied (none, or one
of the hard kinds); a full-covariance Gaussian is fitted to its features of the untransformed training
images; a candidate passes if its likelihood lies below the lambda quantile of theirs (paper).

Theirs are taken out of the sample: each image's under the Gaussian fitted to all others. Under a Gaussian
fitted to themselves, too, they are larger than any new image's: with 128 features and few hundred images
every new normal image lies below their quantile, and the filter passes whatever it is given.
"""

from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cobra.data.one_class import Images, as_unit
from cobra.errors import UserError
from cobra.randomness import ImageRandom, derive_seed, generator
from cobra.training.crafting.hard import apply_chosen, kinds_of
from cobra.training.crafting.settings import CraftingSettings, FilterSettings
from cobra.training.networks.optimiser import Lars, Schedule
from cobra.training.networks.resnet import ResNet

BATCH = 128


class TransformationClassifier(nn.Module):
    """A ResNet-10 whose features [N, D] a linear layer sorts into k transformations."""

    def __init__(self, width: int, transformations: int) -> None:
        super().__init__()
        self.backbone = ResNet("resnet10", width, "low")
        self.head = nn.Linear(self.backbone.dim, transformations)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.backbone(images))


class ThresholdFilter:
    """A Gaussian over features. The squared Mahalanobis `distance` falls as the likelihood rises, so a
    likelihood below the lambda quantile is a distance above the (1 - lambda) quantile, `limit`.
    """

    def __init__(self, backbone: ResNet, mean: Tensor, factor: Tensor, normal: Tensor, level: float) -> None:
        self.backbone = backbone.eval().requires_grad_(False)
        self.mean = mean
        self.factor = factor  # lower Cholesky factor of the covariance
        self.normal = normal  # sorted distances of the normal training images, as `reference` says
        self.limit = float(torch.quantile(normal, 1 - level))

    @classmethod
    def fit(cls, backbone: ResNet, images: Images, settings: FilterSettings) -> Self:
        """The Gaussian of the features of normal `images`; raises UserError if they are degenerate or, out of
        the sample, fewer than three.
        """
        backbone.eval()
        features = _features(backbone, images).double()
        if settings.reference == "out_of_sample" and len(features) < 3:
            raise UserError(
                f"The threshold filter has {len(features)} normal training images where at least 3 are "
                "needed to judge each by the others: add images, or set crafting.filter.enabled to false."
            )
        mean = features.mean(dim=0)
        covariance = torch.cov(features.T)
        scale = covariance.diagonal().mean()
        if not torch.isfinite(scale) or scale <= 0:
            raise UserError(
                "The threshold filter's features of the normal training images do not vary: check that "
                "the images differ, or set crafting.filter.enabled to false."
            )
        ridge = settings.shrinkage * scale * torch.eye(len(mean), device=mean.device)
        factor = torch.linalg.cholesky(covariance + ridge)
        if settings.reference == "in_sample":
            normal = _distance(features, mean, factor)
        else:
            normal = held_out_distances(features, covariance, ridge)
        return cls(backbone, mean, factor, normal.sort().values, settings.significance)

    @torch.no_grad()
    def distance(self, images: Tensor) -> Tensor:
        """Squared Mahalanobis distances [N] of images in [0, 1]."""
        return _distance(self.backbone(images).double(), self.mean, self.factor)

    def passes(self, images: Tensor) -> Tensor:
        """Bool [N]: which images in [0, 1] are unlikely enough to be taken for anomalies."""
        return self.distance(images) > self.limit

    def p_value(self, images: Tensor) -> Tensor:
        """Share [N] of the normal training images that are at least as unlikely."""
        at_least = len(self.normal) - torch.searchsorted(self.normal, self.distance(images))
        return at_least / len(self.normal)

    def state(self) -> dict[str, Any]:
        """What `restore` needs."""
        tensors = {"mean": self.mean, "factor": self.factor, "normal": self.normal}
        return {"backbone": self.backbone.state_dict(), **tensors}

    @classmethod
    def restore(cls, state: dict[str, Any], settings: CraftingSettings, device: torch.device) -> Self:
        """The filter whose `state` was saved."""
        backbone = ResNet("resnet10", settings.filter.width, "low")
        backbone.load_state_dict(state["backbone"])
        mean, factor, normal = (state[name].to(device) for name in ("mean", "factor", "normal"))
        return cls(backbone.to(device), mean, factor, normal, settings.filter.significance)


def fit_filter(images: Images, settings: CraftingSettings, seed: int) -> ThresholdFilter:
    """Train the transformation classifier on normal `images` and fit the Gaussian to its features."""
    classifier = train_classifier(images, settings, seed)
    return ThresholdFilter.fit(classifier.backbone, images, settings.filter)


def train_classifier(images: Images, settings: CraftingSettings, seed: int) -> TransformationClassifier:
    """A classifier of the transformation applied to a normal image, cross-entropy, SGD with cosine decay."""
    chosen = settings.filter
    transformations = len(kinds_of(settings.hard)) + 1
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "filter", "initialisation"))
        classifier = TransformationClassifier(chosen.width, transformations)
    classifier.to(images.pixels.device)
    steps = chosen.epochs * -(-len(images) // BATCH)
    schedule = Schedule(peak=chosen.learning_rate, warmup=0, total=steps)
    optimiser = Lars(classifier, momentum=0.9, weight_decay=1e-4, trust_coefficient=None)
    step = 0
    for epoch in range(chosen.epochs):
        order = torch.randperm(len(images), generator=generator(seed, "filter", "order", epoch))
        for rows in order.to(images.pixels.device).split(BATCH):
            random = ImageRandom.of(seed, images.ids[rows], "filter", epoch)
            labels = random.child("label").integers(transformations)
            chosen_kinds = F.one_hot(labels, transformations)[:, 1:].bool()
            batch = apply_chosen(as_unit(images.pixels[rows]), chosen_kinds, random, settings.hard)
            loss = F.cross_entropy(classifier(batch), labels)
            optimiser.step(loss, schedule.rate(step))
            step += 1
    return classifier


@torch.no_grad()
def _features(backbone: ResNet, images: Images) -> Tensor:
    return torch.cat([backbone(as_unit(piece)) for piece in images.pixels.split(BATCH)])


def held_out_distances(features: Tensor, covariance: Tensor, ridge: Tensor) -> Tensor:
    """Squared Mahalanobis distance [N] of each row of `features` [N, D] under the mean and covariance (plus
    the same `ridge`) of all other rows.

    Without N fits: leaving row u (less the mean) out changes the covariance C to a C - b u u^T and lengthens
    u by n / (n - 1), and the inverse follows from that of a C + ridge (Sherman and Morrison).
    """
    count = len(features)
    factor = torch.linalg.cholesky(covariance * ((count - 1) / (count - 2)) + ridge)
    inside = _distance(features, features.mean(dim=0), factor)
    share = count / ((count - 1) * (count - 2))
    return (count / (count - 1)) ** 2 * inside / (1 - share * inside)


def _distance(features: Tensor, mean: Tensor, factor: Tensor) -> Tensor:
    whitened = torch.linalg.solve_triangular(factor, (features - mean).T, upper=False)
    return whitened.square().sum(dim=0)
