"""A climb along gradients in a cheaper number format, in which no score counts that was not taken in full."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import torch
from torch import Tensor

from cobra.ascent import Move, ascend
from cobra.runtime import autocast
from cobra.scoring import Score, require_finite

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


@dataclass
class DraftClimb:
    """Ascent along the gradient of `draft`. At the `recorded` steps `look`, the score in full, is asked of
    each image's iterate that was best by the draft so far.
    """

    draft: Values
    look: Values
    start: Tensor
    recorded: Collection[int]
    steps_done: int = 0
    seen: list[Tensor] = field(default_factory=list)

    def run(self, move: Move) -> Tensor:
        """The values [N, steps + 1] in full that were asked for, -inf at all other steps."""
        steps = max(self.recorded)
        self.best = Best(self.start)
        self.found = self.start.new_full((len(self.start), steps + 1), -torch.inf)
        last = ascend(self.objective, self.start, move, steps=steps)
        with torch.no_grad():
            self.keep(last, self.draft(last))
        return self.found

    def objective(self, batch: Tensor) -> Tensor:
        """The draft's values, the iterate noted on the way."""
        values = self.draft(batch)
        self.keep(batch.detach(), values.detach())
        return values

    def keep(self, batch: Tensor, values: Tensor) -> None:
        """Note an iterate; at a recorded step look at the best. A draft not finite is told there, too:
        asking at each step would make a GPU wait.
        """
        self.best.keep(batch, values)
        self.seen.append(values)
        if self.steps_done in self.recorded:
            require_finite(torch.stack(self.seen))
            self.seen = []
            self.found[:, self.steps_done] = self.look(self.best.images)
        self.steps_done += 1
