"""The inner maximisation of adversarial training: views that the current network finds hardest."""

from collections.abc import Callable

import torch
from torch import Tensor

from cobra.ascent import ascend, linf_ball
from cobra.models import Network
from cobra.objectives import classification_loss, contrastive_loss
from cobra.randomness import ImageRandom
from cobra.runtime import autocast
from cobra.settings.detector import AdversarySettings, ObjectiveSettings

Objective = Callable[[Tensor], Tensor]


class Adversary:
    """PGD on each term of the objective, through `features`, the network's backbone as trained."""

    def __init__(
        self, network: Network, objective: ObjectiveSettings, settings: AdversarySettings, precision: str
    ) -> None:
        self.network = network
        self.objective = objective
        self.settings = settings
        self.precision = precision

    def views(self, clean: list[Tensor], random: ImageRandom) -> dict[str, Tensor]:
        """Per term of the objective, the adversarial view [2B, C, H, W] that maximises it.

        The contrastive term perturbs clean view 0, L_CLS clean view 1 (ours). Batch norm is in eval
        mode, so running statistics neither change nor see adversarial batches here (released code).
        Empty in standard training.
        """
        if not self.settings.enabled:
            return {}
        self.network.eval()
        views = {}
        if self.objective.contrastive != "none":
            against = self.contrast_with(clean)
            views["contrastive"] = self.perturb(against, clean[0], random.child("contrastive"))
        if self.objective.classification:
            views["classification"] = self.perturb(self.misclassify, clean[1], random.child("classification"))
        return views

    def perturb(self, objective: Objective, view: Tensor, random: ImageRandom) -> Tensor:
        """PGD from a random start: the view within eps that maximises `objective`."""
        if self.settings.eps is None:
            raise ValueError("adversary.eps is not resolved: it comes from the data set's entry")
        eps, steps = self.settings.eps, self.settings.steps
        ball = linf_ball(view, eps)
        start = ball.random_start(view, eps, random)
        return ascend(objective, start, ball, step_size=self.settings.step_ratio * eps / steps, steps=steps)

    def contrast_with(self, clean: list[Tensor]) -> Objective:
        """The contrastive loss as a function of the adversarial block alone: the clean views' embeddings
        do not depend on it, so they are computed once.
        """
        with torch.no_grad():
            fixed = self.network.project(self.features(torch.cat(clean)))

        def loss(images: Tensor) -> Tensor:
            embeddings = torch.cat([fixed, self.network.project(self.features(images))])
            blocks = len(clean) + 1
            return contrastive_loss(
                self.objective.contrastive, embeddings, blocks, self.objective.temperature
            )

        return loss

    def misclassify(self, images: Tensor) -> Tensor:
        """L_CLS of one block of images."""
        return classification_loss(self.network.logits(self.features(images)), blocks=1)

    def features(self, images: Tensor) -> Tensor:
        """Backbone features in the precision set for training."""
        with autocast(images.device, self.precision):
            return self.network.features(images)
