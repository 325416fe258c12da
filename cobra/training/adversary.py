"""The inner maximisation of adversarial training: views that the current network finds hardest."""

from collections.abc import Callable

import torch
from torch import Tensor

from cobra.machine.device import autocast
from cobra.randomness import ImageRandom
from cobra.training.ascent import LinfBall, ascend, steepest_steps
from cobra.training.losses import classification_loss, contrastive_loss
from cobra.training.networks.network import Network, folded, halved
from cobra.training.settings import AttackedTerm, DetectorSettings

TermLoss = Callable[[Tensor], Tensor]
# Which of the two clean views each attack perturbs (released code).
PERTURBED: dict[AttackedTerm, int] = {"contrastive": 0, "classification": 1, "group": 1}


def adversarial_views(
    network: Network, settings: DetectorSettings, clean: list[Tensor], random: ImageRandom
) -> dict[AttackedTerm, Tensor]:
    """Per attack its adversarial view [G x B, C, H, W] of a `clean` one, by PGD from a random start against
    the network as it is: of the contrastive term and of L_CLS the view that maximises it, of "group"
    (released code) the one that is pulled to another group. Empty in standard training.

    The attacks' images do not meet in any loss, so one ascent on the sum serves all.
    """
    adversary = settings.adversary
    if not adversary.enabled:
        return {}
    if adversary.eps is None:
        raise ValueError("adversary.eps is not resolved: it comes from the data set's entry")
    target = Target(network, settings)
    losses = {attack: target.loss(attack, clean, random) for attack in settings.attacked}
    ball = LinfBall.around(torch.cat([clean[PERTURBED[attack]] for attack in losses]), adversary.eps)
    start = ball.random_start(ImageRandom.cat([random.child(attack) for attack in losses]))
    move = steepest_steps(ball, adversary.step_ratio * adversary.eps / adversary.steps)

    def total(images: Tensor) -> Tensor:
        features = target.features(images).chunk(len(losses))
        return torch.stack([loss(part) for loss, part in zip(losses.values(), features, strict=True)])

    views = ascend(total, start, move, steps=adversary.steps)
    return dict(zip(losses, views.chunk(len(losses)), strict=True))


class Target:
    """What the ascent climbs: the objective's terms as functions of one view's features, by the network as it
    is now, made fast for gradients with respect to images.

    Batch norm is in eval mode: running statistics neither change nor see adversarial batches here (released
    code); so it folds into the convolutions, once for all steps.
    """

    def __init__(self, network: Network, settings: DetectorSettings) -> None:
        self.objective = settings.objective
        self.precision = settings.adversary.precision or settings.schedule.precision
        frozen = folded(network)
        self.network = halved(frozen) if self.precision == "bf16" else frozen

    def loss(self, attack: AttackedTerm, clean: list[Tensor], random: ImageRandom) -> TermLoss:
        """What an attack maximises, as a function of its view's features."""
        if attack == "contrastive":
            return self.contrast_with(clean)
        if attack == "classification":
            return self.misclassify
        return self.pull_to(clean[PERTURBED[attack]][other_group(random, self.network.groups)])

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
