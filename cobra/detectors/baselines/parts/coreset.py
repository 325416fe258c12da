"""A part of many rows that covers them: greedy k-centre on random projections (Roth et al. 2022, 3.2)."""

import torch
from torch import Tensor

from cobra.detectors.baselines.parts.baseline import Training
from cobra.randomness import generator

STAGE = "coreset"
SAVED = 500  # choices after which the state is written


@torch.no_grad()
def coreset(rows: Tensor, share: float, projection: int, training: Training) -> Tensor:
    """The chosen of rows [M, D]: each in turn the one that is farthest from those chosen before it; the first
    is drawn. Continues where a killed run stopped.
    """
    count = max(1, round(share * len(rows)))
    projected = _projected(rows, projection, training.seed)
    chosen, distances = _begun(projected, training)
    with training.scratch.progress("coreset, patches", count, len(chosen)) as bar:
        while len(chosen) < count:
            chosen.append(int(distances.argmax()))
            distances = torch.minimum(distances, _from(projected, chosen[-1]))
            bar.update()
            if len(chosen) % SAVED == 0:
                training.save(STAGE, {"chosen": chosen, "distances": distances})
    return rows[torch.tensor(chosen, device=rows.device)]


def _begun(projected: Tensor, training: Training) -> tuple[list[int], Tensor]:
    """What is chosen so far, and each row's squared distance to it."""
    if state := training.stages.get(STAGE):
        return state["chosen"], state["distances"]
    first = int(torch.randint(len(projected), (1,), generator=generator(training.seed, STAGE, "first")))
    return [first], _from(projected, first)


def _projected(rows: Tensor, dimension: int, seed: int) -> Tensor:
    """The rows in fewer dimensions, their distances kept on average (Johnson, Lindenstrauss 1984)."""
    if dimension >= rows.shape[1]:
        return rows
    drawn = torch.randn(rows.shape[1], dimension, generator=generator(seed, STAGE, "projection"))
    return rows @ (drawn / dimension**0.5).to(rows.device)


def _from(rows: Tensor, chosen: int) -> Tensor:
    return (rows - rows[chosen]).square().sum(dim=1)
