"""The memory bank of a score: embeddings of normal training images, their own similarities, parts of them."""

from collections.abc import Iterator
from functools import cache

import torch
from torch import Tensor

from cobra.randomness import generator

BATCH = 256


@cache
def drawn(seed: int, entries: int, count: int, device: torch.device) -> Tensor:
    """The places [count] of entries drawn without replacement; those of a smaller `count` come first."""
    order = torch.randperm(entries, generator=generator(seed, "memory"))
    return order[:count].to(device)


def mean_similarity(memory: Tensor) -> float:
    """Mean over the memory of the similarity to the nearest other entry."""
    nearest = [
        (piece @ memory.T).scatter(1, rows[:, None], -torch.inf).max(dim=1).values
        for rows, piece in _pieces(memory)
    ]
    return float(torch.cat(nearest).mean())


def _pieces(memory: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    rows = torch.arange(len(memory), device=memory.device)
    return zip(rows.split(BATCH), memory.split(BATCH), strict=True)
