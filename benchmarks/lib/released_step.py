"""One training step in the order of the authors' released code, to compare its time with ours.

Written anew after github.com/rohban-lab/COBRA; no line is copied. A view of a batch has R = 2B rows: B normal
images and their B pseudo-anomalies. Rows that go through the backbone, in order:

    attack A  view 1 towards view 1 with its groups swapped      2R at each step, batch norm in eval mode
    attack B  view 1 to maximise L_CLS                            R at each step, the same
    attack C  view 0 away from view 1                            2R at each step, the same
    loss      contrastive: both views, C and A as four blocks    4R, batch norm in train mode
    loss      classification: both views (above) and B            R, the same

With 10 steps these are 55R, 110 passes per normal image, all with a gradient, also of partners in A and C;
the columns of an attack's similarities are constants. All else is ours: crafting, augmentations, network,
optimiser, random numbers. The released loss adds 1e-8 in its logarithms, this one does not.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from cobra.data.one_class import as_unit
from cobra.machine.device import autocast
from cobra.randomness import ImageRandom
from cobra.training.ascent import LinfBall, ascend, steepest_steps
from cobra.training.crafting.groups import craft
from cobra.training.crafting.mild import mild
from cobra.training.losses import classification_loss
from cobra.training.trainer import Trainer


class ReleasedStep:
    """The released step on the network, the settings and the images of a `trainer` of ours."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.network = trainer.network
        self.settings = trainer.settings

    def step(self, rows: Tensor, random: ImageRandom, rate: float) -> dict[str, float]:
        """Craft, attack three times, update the weights once; the terms of the loss."""
        views, streams = self.views(rows, random)
        adversarial = self.attacks(views, streams)
        self.network.train()
        terms = self.terms(views, adversarial)
        self.trainer.optimiser.step(torch.stack(list(terms.values())).sum(), rate)
        return {name: term.item() for name, term in terms.items()}

    def views(self, rows: Tensor, random: ImageRandom) -> tuple[list[Tensor], ImageRandom]:
        """Two clean views [2B, C, H, W] of the images and of their pseudo-anomalies."""
        crafting = self.settings.crafting
        normal = as_unit(self.trainer.images.pixels[rows])
        crafted = craft(normal, random.child("pseudo"), crafting, self.trainer.threshold)
        images = torch.cat([normal, crafted.images])
        streams = ImageRandom.cat([random.child("normal views"), random.child("pseudo views")])
        return [mild(images, streams.child("view", k), crafting.mild) for k in (0, 1)], streams

    def attacks(self, views: list[Tensor], streams: ImageRandom) -> dict[str, Tensor]:
        """The three adversarial views, one after another, batch norm in eval mode."""
        self.network.eval()
        first, second = views
        pushed = self.pushed_from(torch.cat(second.chunk(2)[::-1]))
        return {
            "group": self.perturb(lambda images: -pushed(images), second, streams.child("group")),
            "classification": self.perturb(self.misclassified, second, streams.child("classification")),
            "contrastive": self.perturb(self.pushed_from(second), first, streams.child("contrastive")),
        }

    def perturb(self, objective: Callable[[Tensor], Tensor], images: Tensor, random: ImageRandom) -> Tensor:
        """PGD from a random start, with training's steps and step size."""
        adversary = self.settings.adversary
        if adversary.eps is None:
            raise ValueError("adversary.eps is not resolved")
        ball = LinfBall.around(images, adversary.eps)
        move = steepest_steps(ball, adversary.step_ratio * adversary.eps / adversary.steps)
        return ascend(objective, ball.random_start(random), move, steps=adversary.steps)

    def pushed_from(self, partners: Tensor) -> Callable[[Tensor], Tensor]:
        """The contrastive loss of images and their partners, which are embedded each time."""

        def loss(images: Tensor) -> Tensor:
            embeddings = self.embed(torch.cat([images, partners]))
            return nt_xent(embeddings, 2, self.settings.objective.temperature, columns=embeddings.detach())

        return loss

    def misclassified(self, images: Tensor) -> Tensor:
        return classification_loss(self.network.logits(self.features(images)), blocks=1)

    def terms(self, views: list[Tensor], adversarial: dict[str, Tensor]) -> dict[str, Tensor]:
        """The contrastive loss of four blocks and L_CLS of three, in two passes."""
        together = self.features(torch.cat([*views, adversarial["contrastive"], adversarial["group"]]))
        alone = self.features(adversarial["classification"])
        embeddings = self.network.project(together)
        clean = together[: len(together) // 2]
        return {
            "contrastive": nt_xent(embeddings, 4, self.settings.objective.temperature),
            "classification": classification_loss(self.network.logits(torch.cat([clean, alone])), blocks=3),
        }

    def embed(self, images: Tensor) -> Tensor:
        return self.network.project(self.features(images))

    def features(self, images: Tensor) -> Tensor:
        """Backbone features in the precision of our training."""
        with autocast(images.device, self.settings.schedule.precision):
            return self.network.features(images)


def nt_xent(embeddings: Tensor, blocks: int, temperature: float, columns: Tensor | None = None) -> Tensor:
    """Minus log p summed over the other views of each row's image, mean over rows: L_CL.

    Embeddings l2-normalised [R x blocks, D], in blocks of one view per image; `columns` are what rows are
    compared with, the embeddings themselves if left out.
    """
    compared = embeddings if columns is None else columns
    count = len(embeddings)
    itself = torch.eye(count, dtype=torch.bool, device=embeddings.device)
    image = torch.arange(count, device=embeddings.device) % (count // blocks)
    positive = (image[:, None] == image[None, :]) & ~itself
    log_p = (embeddings @ compared.T / temperature).masked_fill(itself, -torch.inf).log_softmax(dim=1)
    return -log_p[positive].sum() / count
