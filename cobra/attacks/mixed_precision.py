"""Attack steps along gradients in bf16; every score that counts is computed in fp32."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import torch
from torch import Tensor

from cobra.detectors.scoring import Score, require_finite
from cobra.machine.device import autocast
from cobra.training.ascent import Move, ascend

Values = Callable[[Tensor], Tensor]  # images [N, C, H, W] -> signed scores [N]


def drafted(score: Score, precision: str) -> Score:
    """`score` with the arithmetic that torch's autocast lets be in `precision`."""

    def draft(images: Tensor) -> Tensor:
        with autocast(images.device, precision):
            return score(images)

    return draft


class Best:
    """Of each image the iterate with the largest value so far."""

    def __init__(self, start: Tensor) -> None:
        self.images = start.clone()
        self.values = start.new_full((len(start),), -torch.inf)

    def keep(self, batch: Tensor, values: Tensor) -> None:
        """Take those of `batch` whose values [N] are larger."""
        better = values > self.values
        self.values = torch.maximum(self.values, values)
        self.images = torch.where(better[:, None, None, None], batch, self.images)


def full_steps(steps: int) -> int:
    """How many steps of a climb are left to the score in full: its last ones, a fiftieth, five at least.

    A draft cannot tell the best of many near iterates (ours; measured in docs/performance.md: without them
    the attack is weaker by up to 0.5 points of AUROC, with them by no more than it differs from another
    random start).
    """
    return min(steps, max(5, steps // 50))


@dataclass
class DraftClimb:
    """Ascent along the gradient of `draft`. At the `recorded` steps and at its end `look`, the score in full,
    is asked of each image's iterate that was best by the draft so far.
    """

    draft: Values
    look: Values
    start: Tensor
    recorded: Collection[int]
    steps_done: int = 0
    seen: list[Tensor] = field(default_factory=list)

    def run(self, move: Move, steps: int) -> tuple[Tensor, Tensor]:
        """The last iterate, and the values [N, steps + 1] in full that were asked for, -inf elsewhere."""
        self.best = Best(self.start)
        self.found = self.start.new_full((len(self.start), steps + 1), -torch.inf)
        last = ascend(self.objective, self.start, move, steps=steps)
        self.ask(steps)
        return last, self.found

    def objective(self, batch: Tensor) -> Tensor:
        """The draft's values, the iterate noted on the way."""
        values = self.draft(batch)
        self.best.keep(batch.detach(), values.detach())
        self.seen.append(values.detach())
        if self.steps_done in self.recorded:
            self.ask(self.steps_done)
        self.steps_done += 1
        return values

    def ask(self, step: int) -> None:
        """Look at the best. A draft not finite is told here: asking at each step would make a GPU wait."""
        if self.seen:
            require_finite(torch.stack(self.seen))
            self.seen = []
        self.found[:, step] = self.look(self.best.images)
