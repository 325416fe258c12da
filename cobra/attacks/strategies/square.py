"""Square (Andriushchenko et al. 2020): a random search that asks for scores alone, never for a gradient.

It starts from vertical stripes of +-eps and tries, one query at a time, to move a square window by +-2 eps
per channel, clipped to the ball; what raises an image's value is kept. The window's area, 0.8 of the image
at first, is halved at fixed shares of the queries (the authors' schedule of 10,000, rescaled). Nothing stops
early; every image has windows of its own (the authors' share one per batch).
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from cobra.attacks.restart import Restart
from cobra.randomness import ImageRandom

TRAITS = ("stop",)
AREA = 0.8
HALVED_AFTER = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)  # of 10,000 queries


def run(restart: Restart) -> Tensor:
    """One restart: the signed score [N, steps + 1] of the stripes and of every square tried."""
    eps = restart.eps
    channels, height, width = restart.images.shape[1:]

    def change(best: Tensor, query: int, random: ImageRandom) -> Tensor:
        side = window_side(query, restart.settings.steps, height, width)
        inside = window(random, height, width, side)
        return best + 2 * eps * random_signs(random.child("signs"), channels, 1, 1) * inside[:, None]

    stripes = random_signs(restart.random.child("stripes"), channels, 1, width)
    return random_search(restart, restart.images + eps * stripes, change)


@torch.no_grad()
def random_search(
    restart: Restart, start: Tensor, change: Callable[[Tensor, int, ImageRandom], Tensor]
) -> Tensor:
    """The signed scores [N, steps + 1] of `start` and of what each query makes by `change` of the best images
    so far, all clipped to the l-inf ball; what raises an image's value is its best from then on.
    """
    best = restart.box.project(start)
    values = restart.look(best)
    seen = [values]
    for query in range(restart.settings.steps):
        tried = restart.box.project(change(best, query, restart.random.child("query", query)))
        found = restart.look(tried)
        best = torch.where((found > values)[:, None, None, None], tried, best)
        values = torch.maximum(values, found)
        seen.append(found)
    return torch.stack(seen, dim=1)


def window_side(query: int, queries: int, height: int, width: int) -> int:
    """The window's side in pixels at a query."""
    return min(max(round(math.sqrt(area_share(query, queries) * height * width)), 1), height, width)


def area_share(query: int, queries: int) -> float:
    """The window's share of the image at a query."""
    rescaled = int(query / queries * 10_000)
    return AREA / 2 ** sum(rescaled > after for after in HALVED_AFTER)


def window(random: ImageRandom, height: int, width: int, side: int) -> Tensor:
    """Per image a square of `side` pixels at a random place: bool [N, height, width]."""
    top = random.child("top").integers(height - side + 1)[:, None]
    left = random.child("left").integers(width - side + 1)[:, None]
    rows, columns = (torch.arange(size, device=top.device) for size in (height, width))
    in_rows = (rows >= top) & (rows < top + side)
    in_columns = (columns >= left) & (columns < left + side)
    return in_rows[:, :, None] & in_columns[:, None, :]


def random_signs(random: ImageRandom, *shape: int) -> Tensor:
    """+1 or -1, [N, *shape]."""
    return torch.where(random.uniform(*shape) < 0.5, -1.0, 1.0)
