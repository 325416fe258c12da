"""A random search that keeps what helps, pixel by pixel: the floor of attacks without gradients (ours)."""

import torch
from torch import Tensor

from cobra.attacks.restart import Restart
from cobra.attacks.strategies.square import area_share, random_search, random_signs
from cobra.randomness import ImageRandom

TRAITS = ("stop",)


def run(restart: Restart) -> Tensor:
    """One restart: the signed score [N, steps + 1] of every image tried.

    Each query puts pixels of the best image so far, drawn at random in the share that Square's windows
    have, at +eps or -eps. Square without its squares (ours).
    """
    images, eps, shape = restart.images, restart.eps, restart.images.shape[1:]

    def change(best: Tensor, query: int, random: ImageRandom) -> Tensor:
        share = max(area_share(query, restart.settings.steps), 1 / (shape[1] * shape[2]))  # a pixel at least
        chosen = random.child("pixels").uniform(1, *shape[1:]) < share
        return torch.where(chosen, images + eps * random_signs(random.child("signs"), *shape), best)

    return random_search(restart, images + eps * random_signs(restart.random.child("start"), *shape), change)
