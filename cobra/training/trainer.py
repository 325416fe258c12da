"""Training: craft, attack, step. `Trainer.step` reads as one step of the paper's method."""

import csv
import io
import math
import time
from collections import defaultdict
from typing import Any

import torch
from torch import Tensor

from cobra.artifacts.checkpoints import Scratch
from cobra.data.one_class import Images, as_unit
from cobra.errors import UserError
from cobra.machine.device import autocast
from cobra.randomness import ImageRandom, generator
from cobra.training.adversary import adversarial_views
from cobra.training.crafting.generated_pool import Pool
from cobra.training.crafting.groups import make_groups
from cobra.training.crafting.likelihood_filter import BATCH, ThresholdFilter, fit_filter
from cobra.training.losses import classification_loss, contrastive_loss
from cobra.training.networks.network import build_network
from cobra.training.networks.optimiser import Lars, Schedule
from cobra.training.networks.resnet import ResNet
from cobra.training.settings import AttackedTerm, DetectorSettings
from cobra.training.snapshots import keep_network, snapshot_epochs

Tally = defaultdict[str, Tensor | float]
MINUTE = 60.0
TIMES = ("images_per_second", "seconds")  # what differs between the records of equal epochs


class Trainer:
    """A network in training on the normal `images` of one class, and on a `pool` of generated anomalies if
    there is one. Of `fresh` normal images, which it never trains on, it records the share that the threshold
    filter would take for anomalies.
    """

    def __init__(
        self,
        images: Images,
        settings: DetectorSettings,
        seed: int,
        pool: Pool | None = None,
        fresh: Images | None = None,
    ) -> None:
        schedule = settings.schedule
        self.images = images
        self.pool = pool
        self.fresh = fresh
        self.settings = settings
        self.seed = seed
        self.device = images.pixels.device
        self.network = build_network(settings.model, seed, settings.crafting.count).to(self.device)
        if isinstance(self.network.backbone, ResNet):
            self.network.backbone.recompute = schedule.recompute
        self.optimiser = Lars(
            self.network,
            momentum=schedule.momentum,
            weight_decay=schedule.weight_decay,
            trust_coefficient=schedule.trust_coefficient if schedule.optimizer == "lars" else None,
            adapt_all=schedule.adapt_all,
        )
        self.images_per_epoch = max(len(images), schedule.images_per_epoch or 0)
        self.steps_per_epoch = math.ceil(self.images_per_epoch / schedule.batch_size)
        self.rates = Schedule(
            peak=schedule.learning_rate,
            warmup=round(schedule.warmup_epochs * self.steps_per_epoch),
            total=schedule.epochs * self.steps_per_epoch,
            start=schedule.warmup_from,
            cosine=round(schedule.cosine_epochs * self.steps_per_epoch) if schedule.cosine_epochs else None,
        )
        self.threshold: ThresholdFilter | None = None
        self.history: list[dict[str, float]] = []

    def run(self, scratch: Scratch) -> None:
        """Train to the last epoch, from the state in `scratch` if there is one. The state is saved after each
        epoch; on a GPU, where an epoch takes seconds and must wait for the copy, once a minute.
        """
        state = scratch.load()
        if state is not None:
            self.restore(state)
        elif self.settings.crafting.filter.enabled and self.settings.schedule.epochs:
            self.threshold = fit_filter(self.images, self.settings.crafting, self.seed)
            scratch.save(self.state())
        passed = self.fresh_acceptance()
        done, epochs = len(self.history), self.settings.schedule.epochs
        between, saved = MINUTE if self.device.type == "cuda" else 0.0, time.monotonic()
        kept = snapshot_epochs(self.settings.schedule)
        with scratch.progress("training, epochs", epochs, done) as bar:
            for epoch in range(done, epochs):
                self.history.append(self.epoch(epoch) | passed)
                if epoch + 1 in kept:
                    keep_network(scratch, epoch + 1, self.network)
                if time.monotonic() - saved >= between or epoch + 1 == epochs:
                    saved = time.monotonic()
                    scratch.save(self.state())
                bar.update()

    def fresh_acceptance(self) -> dict[str, float]:
        """The share of fresh normal images that pass the filter, nominally its significance."""
        if self.threshold is None or not self.fresh:
            return {}
        passed = [self.threshold.passes(as_unit(pixels)) for pixels in self.fresh.pixels.split(BATCH)]
        return {"fresh_acceptance": float(torch.cat(passed).double().mean())}

    @property
    def losses(self) -> list[dict[str, float]]:
        """The epochs' records without times: the same in equal trainings."""
        return [{name: value for name, value in row.items() if name not in TIMES} for row in self.history]

    def epoch(self, epoch: int) -> dict[str, float]:
        """One pass over the images; the epoch's record for the log."""
        began = time.monotonic()
        tally: Tally = defaultdict(float)
        rows, draws = self.order(epoch)
        batches = zip(rows.chunk(self.steps_per_epoch), draws.chunk(self.steps_per_epoch), strict=True)
        for number, (batch, draw_ids) in enumerate(batches):
            random = ImageRandom.of(self.seed, draw_ids, "epoch", epoch)
            self.step(batch, random, self.rates.rate(epoch * self.steps_per_epoch + number), tally)
        means = {name: float(value) / self.steps_per_epoch for name, value in tally.items()}
        if not math.isfinite(means["loss"]):
            raise UserError(
                f"The training loss is {means['loss']} in epoch {epoch + 1}: lower "
                "detector.schedule.learning_rate or use precision fp32."
            )
        seconds = time.monotonic() - began
        times = {"images_per_second": round(len(rows) / seconds, 1), "seconds": round(seconds, 3)}
        return {"epoch": epoch + 1, **means, **times}

    def order(self, epoch: int) -> tuple[Tensor, Tensor]:
        """The rows of an epoch, shuffled and repeated as set, and an id per draw: repetitions of an image
        are augmented differently.
        """
        repeats = math.ceil(self.images_per_epoch / len(self.images))
        shuffle = generator(self.seed, "order", epoch)
        orders = [torch.randperm(len(self.images), generator=shuffle) for _ in range(repeats)]
        rows = torch.cat(orders)[: self.images_per_epoch].to(self.device)
        repetition = torch.arange(len(rows), device=self.device) // len(self.images)
        return rows, self.images.ids[rows] + (repetition << 40)

    def step(self, rows: Tensor, random: ImageRandom, rate: float, tally: Tally) -> None:
        """Craft, perturb, and change the weights once on clean and adversarial views together."""
        normal = as_unit(self.images.pixels[rows])
        groups = make_groups(normal, random, self.settings.crafting, self.threshold, self.pool)
        clean = groups.views
        adversarial = adversarial_views(self.network, self.settings, clean, groups.random)
        self.network.train()
        terms = self.terms(clean, adversarial)
        loss = torch.stack(list(terms.values())).sum()
        self.optimiser.step(loss, rate)
        tally["loss"] += loss.detach()
        for name, value in terms.items():
            tally[name] += value.detach()
        tally["learning_rate"] += rate
        tally["acceptance"] += groups.accepted.float().mean()
        tally["tries"] += groups.tries.float().mean()

    def terms(self, clean: list[Tensor], adversarial: dict[AttackedTerm, Tensor]) -> dict[str, Tensor]:
        """The objective's terms, each over the clean views and its own adversarial views, in one pass."""
        objective = self.settings.objective
        batches = [*clean, *adversarial.values()]
        with autocast(self.device, self.settings.schedule.precision):
            features = self.network.features(torch.cat(batches)).chunk(len(batches))
        own = dict(zip(adversarial, features[len(clean) :], strict=True))

        def blocks(*attacks: AttackedTerm) -> list[Tensor]:
            return [*features[: len(clean)], *(own[attack] for attack in attacks if attack in own)]

        terms = {}
        if objective.contrastive != "none":
            rows = blocks("contrastive", "group")
            embeddings = self.network.project(torch.cat(rows))
            terms["contrastive"] = contrastive_loss(
                objective.contrastive, embeddings, len(rows), objective.temperature, self.network.groups
            )
        if objective.classification:
            rows = blocks("classification")
            logits = self.network.logits(torch.cat(rows))
            terms["classification"] = classification_loss(logits, len(rows))
        return terms

    def state(self) -> dict[str, Any]:
        """All that later epochs depend on; random numbers need no state."""
        return {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state(),
            "threshold": None if self.threshold is None else self.threshold.state(),
            "history": self.history,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a saved `state`."""
        self.network.load_state_dict(state["network"])
        self.optimiser.restore(state["optimiser"])
        if state["threshold"] is not None:
            crafting = self.settings.crafting
            self.threshold = ThresholdFilter.restore(state["threshold"], crafting, self.device)
        self.history = state["history"]


def log_csv(history: list[dict[str, float]]) -> bytes:
    """The epochs' records as a CSV file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(history[0]) if history else ["epoch"])
    writer.writeheader()
    writer.writerows(history)
    return text.getvalue().encode()
