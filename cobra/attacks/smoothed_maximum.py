"""Smooth stand-ins for the maximum over neighbours, whose gradient sees more than the nearest one.

    logsumexp  T log sum_k exp(similarity_k / T): near the maximum for small T, the mean's slope for large
    topk       the mean of the k largest

Reviewers of the paper asked for attacks adapted to the maximum: its gradient pulls towards one neighbour,
and another takes over behind the attack's back. Ours; the score kept is the true one.
"""

from torch import Tensor

from cobra.attacks.settings import AttackSettings
from cobra.detectors.detector import Pool


def smooth_pool(settings: AttackSettings) -> Pool:
    """The pool that `settings.objective` names."""
    if settings.objective == "logsumexp":
        return lambda similarities: logsumexp(similarities, settings.temperature)
    return lambda similarities: topk(similarities, settings.neighbours)


def logsumexp(similarities: Tensor, temperature: float) -> Tensor:
    """T log sum exp(s / T) over the neighbours of similarities [N, K]."""
    return temperature * (similarities / temperature).logsumexp(dim=1)


def topk(similarities: Tensor, neighbours: int) -> Tensor:
    """The mean over the nearest `neighbours` (all, if there are fewer) of similarities [N, K]."""
    return similarities.topk(min(neighbours, similarities.shape[1]), dim=1).values.mean(dim=1)
