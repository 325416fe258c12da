"""The inner maximisation of adversarial training: views that the current network finds hardest."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from cobra.machine.device import autocast
from cobra.randomness import ImageRandom
from cobra.training.ascent import LinfBall, ascend, steepest_steps
from cobra.training.losses import classification_loss, contrastive_loss
from cobra.training.networks.network import Network, folded, halved
from cobra.training.settings import Attack, DetectorSettings, ObjectiveSettings

TermLoss = Callable[[Tensor], Tensor]
# the clean view (released code)
PERTURBED: dict[Attack, int] = {"contrastive": 0, "classification": 1, "group": 1}


class Adversary:
    """PGD on each term of the objective, against the network as it is."""

    def __init__(self, network: Network, settings: DetectorSettings) -> None:
        self.network = network
        self.objective = settings.objective
        self.settings = settings.adversary
        self.precision = settings.adversary.precision or settings.schedule.precision
        self.attacked = settings.attacked

    def views(self, clean: list[Tensor], random: ImageRandom) -> dict[Attack, Tensor]:
        """Per attack its adversarial view [G x B, C, H, W]: of the contrastive term and of L_CLS the one that
        maximises it, of "group" (released code) the one that is pulled to another group.

        The contrastive term perturbs one clean view, the others the other. The attacks' images do not
        meet in any loss, so one ascent on the sum serves all. Batch norm is in eval mode: running
        statistics neither change nor see adversarial batches here (released code); so it folds into the
        convolutions, once for all steps. Empty in standard training.
        """
        if not self.settings.enabled:
            return {}
        target = self.target()
        losses = {attack: self.loss(attack, target, clean, random) for attack in self.attacked}
        bases = [clean[PERTURBED[attack]] for attack in losses]
        streams = [random.child(attack) for attack in losses]

        def total(images: Tensor) -> Tensor:
            features = target.features(images).chunk(len(losses))
            return torch.stack([loss(part) for loss, part in zip(losses.values(), features, strict=True)])

        views = self.perturb(total, torch.cat(bases), ImageRandom.cat(streams))
        return dict(zip(losses, views.chunk(len(losses)), strict=True))

    def loss(self, attack: Attack, target: "Target", clean: list[Tensor], random: ImageRandom) -> TermLoss:
        """What an attack maximises, as a function of its view's features."""
        if attack == "classification":
            return target.misclassify
        if attack == "contrastive":
            return target.contrast_with(clean)
        return target.pull_to(clean[PERTURBED[attack]][other_group(random, self.network.groups)])

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
            temperature, groups = self.objective.temperature, self.network.groups
            return contrastive_loss(self.objective.contrastive, embeddings, blocks, temperature, groups)

        return loss

    def pull_to(self, partners: Tensor) -> TermLoss:
        """Minus L_CL of the adversarial block and of `partners` [G x B, C, H, W], which are not its own."""
        with torch.no_grad():
            fixed = self.network.project(self.features(partners))

        def loss(features: Tensor) -> Tensor:
            embeddings = torch.cat([self.network.project(features), fixed])
            return -contrastive_loss("cl", embeddings, 2, self.objective.temperature, self.network.groups)

        return loss

    def misclassify(self, features: Tensor) -> Tensor:
        """L_CLS of one block of features."""
        return classification_loss(self.network.logits(features), blocks=1)

    def features(self, images: Tensor) -> Tensor:
        """Backbone features in the precision set for the ascent."""
        with autocast(images.device, self.precision):
            return self.network.features(images)


def other_group(random: ImageRandom, groups: int) -> Tensor:
    """Int64 [G x B]: for each row one of the same image in another group, so that the groups of an image
    take turns; of two groups they swap. How far is drawn per image (released code: per batch).
    """
    rows = torch.arange(len(random.keys), device=random.keys.device)
    batch = len(rows) // groups
    shift = 1 + random.select(rows[:batch]).child("other group").integers(groups - 1)
    return (rows + batch * shift.repeat(groups)) % len(rows)
