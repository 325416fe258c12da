"""Distances to the nearest rows of a bank, found by one matrix product: the scores of several baselines."""

import torch
from torch import Tensor

ROWS = 4096  # compared with the bank at once


def mean_squared_distance(rows: Tensor, bank: Tensor, neighbours: int) -> Tensor:
    """The mean squared Euclidean distance [N] of rows [N, D] to their nearest `neighbours` of a bank [K, D].

    The distances to those that the matrix product finds are computed again from differences: the product
    loses digits of small distances, and gradients with them.
    """
    with torch.no_grad():
        closeness = 2 * rows @ bank.T - bank.square().sum(dim=1)  # less the row's own norm
        nearest = closeness.topk(neighbours, dim=1).indices
    return (rows[:, None] - bank[nearest]).square().sum(dim=2).mean(dim=1)


def nearest(rows: Tensor, bank: Tensor) -> tuple[Tensor, Tensor]:
    """Of rows [M, D] the squared distance [M] to the nearest of a bank [K, D], and which that is."""
    norms = bank.square().sum(dim=1)
    found = [(2 * piece @ bank.T - norms).max(dim=1) for piece in rows.split(ROWS)]
    closeness = torch.cat([each.values for each in found])
    return rows.square().sum(dim=1) - closeness, torch.cat([each.indices for each in found])
