"""A random search that keeps what helps, pixel by pixel: the floor of attacks without gradients (ours)."""

import torch
from torch import Tensor

from cobra.attacks.restart import Attempt
from cobra.attacks.strategies.square import area_share, random_signs

TRAITS = ("stop",)


@torch.no_grad()
def restart(attempt: Attempt) -> Tensor:
    """One restart: the signed score [N, steps + 1] of every image tried.

    Each query puts pixels of the best image so far, drawn at random in the share that Square's windows
    have, at +eps or -eps; what raises an image's value is kept. Square without its squares (ours).
    """
    images, eps, shape = attempt.images, attempt.eps, attempt.images.shape[1:]
    best = attempt.box.project(images + eps * random_signs(attempt.random.child("start"), *shape))
    values = attempt.look(best)
    seen = [values]
    for query in range(attempt.settings.steps):
        random = attempt.random.child("query", query)
        share = max(
            area_share(query, attempt.settings.steps), 1 / (shape[1] * shape[2])
        )  # one pixel, at least
        chosen = random.child("pixels").uniform(1, *shape[1:]) < share
        anew = attempt.box.project(images + eps * random_signs(random.child("signs"), *shape))
        tried = torch.where(chosen, anew, best)
        found = attempt.look(tried)
        best = torch.where((found > values)[:, None, None, None], tried, best)
        values = torch.maximum(values, found)
        seen.append(found)
    return torch.stack(seen, dim=1)
