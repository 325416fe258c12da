"""Attack steps along gradients in bf16; every score that counts is computed in fp32."""

from collections.abc import Callable, Collection

import torch
from torch import Tensor

from cobra.detectors.scoring import require_finite
from cobra.training.ascent import Move, ascend

Values = Callable[[Tensor], Tensor]  # images [N, C, H, W] -> signed scores [N]


def last_steps(steps: int) -> int:
    """How many steps at the end of a climb are in fp32 throughout: a fiftieth, five at least.

    A draft cannot tell the best of many near iterates (ours; measured in docs/performance.md: without them
    the attack is weaker by up to 0.5 points of AUROC, with them by no more than it differs from another
    random start).
    """
    return min(steps, max(5, steps // 50))


def climb_along_draft(
    draft: Values, score: Values, start: Tensor, move: Move, *, steps: int, recorded: Collection[int]
) -> tuple[Tensor, Tensor]:
    """Ascent along the gradient of `draft`, the score in bf16. At the `recorded` steps and at the end the
    score itself is taken of each image's iterate that was best by the draft so far.

    Returns the last iterate, and the scores [N, steps + 1], -inf where none was taken.
    """
    best, best_values = start, start.new_full((len(start),), -torch.inf)
    found = start.new_full((len(start), steps + 1), -torch.inf)
    unchecked: list[Tensor] = []
    step = 0

    def take_score() -> None:
        if unchecked:  # checked here: asking at each step would make a GPU wait
            require_finite(torch.stack(unchecked))
            unchecked.clear()
        found[:, step] = score(best)

    def objective(batch: Tensor) -> Tensor:
        nonlocal best, best_values, step
        values = draft(batch)
        drafted = values.detach()
        better = drafted > best_values
        best_values = torch.maximum(best_values, drafted)
        best = torch.where(better[:, None, None, None], batch.detach(), best)
        unchecked.append(drafted)
        if step in recorded:
            take_score()
        step += 1
        return values

    end = ascend(objective, start, move, steps=steps)
    take_score()
    return end, found
