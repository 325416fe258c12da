"""The inner maximisation of adversarial training: views that the current network finds hardest."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from cobra.ascent import LinfBall, ascend, steepest_steps
from cobra.models import Network, folded, halved
from cobra.objectives import classification_loss, contrastive_loss
from cobra.randomness import ImageRandom
from cobra.runtime import autocast
from cobra.settings.detector import AdversarySettings, ObjectiveSettings, Term

TermLoss = Callable[[Tensor], Tensor]
PERTURBED: dict[Term, int] = {"contrastive": 0, "classification": 1}  # the clean view (ours)


class Adversary:
    """PGD on each term of the objective, against the network as it is."""

    def __init__(
        self, network: Network, objective: ObjectiveSettings, settings: AdversarySettings, precision: str
    ) -> None:
        self.network = network
        self.objective = objective
        self.settings = settings
        self.precision = settings.precision or precision
        self.attacked = [term for term in objective.terms if term in settings.terms]

    def views(self, clean: list[Tensor], random: ImageRandom) -> dict[Term, Tensor]:
        """Per term of the objective that is attacked, the adversarial view [2B, C, H, W] that maximises it.

        The contrastive term perturbs one clean view, L_CLS the other. The terms' images do not
        meet in either loss, so one ascent on the sum serves both. Batch norm is in eval mode: running
        statistics neither change nor see adversarial batches here (released code); so it folds into the
        convolutions, once for all steps. Empty in standard training.
        """
        if not self.settings.enabled:
            return {}
        target = self.target()
        losses: dict[Term, TermLoss] = {}
        for term in self.attacked:
            losses[term] = target.contrast_with(clean) if term == "contrastive" else target.misclassify
        bases = [clean[PERTURBED[term]] for term in losses]
        streams = [random.child(term) for term in losses]

        def total(images: Tensor) -> Tensor:
            features = target.features(images).chunk(len(losses))
            return torch.stack([loss(part) for loss, part in zip(losses.values(), features, strict=True)])

        views = self.perturb(total, torch.cat(bases), ImageRandom.cat(streams))
        return dict(zip(losses, views.chunk(len(losses)), strict=True))

    def target(self) -> "Target":
        """The network as it is now, made fast for gradients with respect to images."""
        frozen = folded(self.network)
        network = halved(frozen) if self.precision == "bf16" else frozen
        return Target(network, self.objective, self.precision)

    def perturb(self, objective: TermLoss, images: Tensor, random: ImageRandom) -> Tensor:
        """PGD from a random start: the images within eps that maximise `objective`."""
        if self.settings.eps is None:
            raise ValueError("adversary.eps is not resolved: it comes from the data set's entry")
        eps, steps = self.settings.eps, self.settings.steps
        ball = LinfBall.around(images, eps)
        move = steepest_steps(ball, self.settings.step_ratio * eps / steps)
        return ascend(objective, ball.random_start(random), move, steps=steps)


@dataclass(frozen=True)
class Target:
    """What the ascent climbs: the objective's terms as functions of one view's features."""

    network: Network
    objective: ObjectiveSettings
    precision: str

    def contrast_with(self, clean: list[Tensor]) -> TermLoss:
        """The contrastive loss as a function of the adversarial block's features alone: the clean views'
        embeddings do not depend on it, so they are computed once.
        """
        with torch.no_grad():
            fixed = self.network.project(self.features(torch.cat(clean)))

        def loss(features: Tensor) -> Tensor:
            embeddings = torch.cat([fixed, self.network.project(features)])
            blocks = len(clean) + 1
            return contrastive_loss(
                self.objective.contrastive, embeddings, blocks, self.objective.temperature
            )

        return loss

    def misclassify(self, features: Tensor) -> Tensor:
        """L_CLS of one block of features."""
        return classification_loss(self.network.logits(features), blocks=1)

    def features(self, images: Tensor) -> Tensor:
        """Backbone features in the precision set for the ascent."""
        with autocast(images.device, self.precision):
            return self.network.features(images)
