"""An attack in the style of A3 (Liu et al. 2022, adaptive auto attack), reduced to a single score.

Of the published attack three ideas remain, which do not need the logits of several classes:

- steps whose size falls from eps to 0 along half a cosine: eps / 2 (1 + cos(pi t / steps));
- adaptive initialisation: the published one first climbs a random combination of the logits and learns
  which pay. Of one score only its two directions are left, so a restart begins uniformly in the ball, near
  the image itself (within a tenth of eps), or after a first step of eps *against* its aim; the first three
  restarts try one each, every later one begins, per image, as the best of these did;
- statistics-based discarding: images that the last two restarts hardly worsened (by less than 0.1 % of all
  that the attack has gained on them) are left alone, which saves their passes. The published attack
  discards the hardest images against each other; here each image is judged by itself, so that batches do
  not matter.
"""

import math

import torch
from torch import Tensor

from cobra.attacks.restart import Restart
from cobra.training.ascent import Ball, Move

TRAITS = ("gradient", "l2")  # no stop: later restarts begin as the best of the first three did
WAYS = ("uniform", "image", "against")  # of beginning a restart
NEAR = 0.1  # of the way from the image to the uniform start
PATIENCE = 2  # restarts without gain
GAIN = 1e-3


def run(restart: Restart) -> Tensor:
    """One restart: the signed score [N, steps + 1] of every iterate; of images left alone, the clean one."""
    scores = restart.clean[:, None].repeat(1, restart.settings.steps + 1)
    active = torch.nonzero(~exhausted(restart))[:, 0]
    if len(active) > 0:
        chosen = restart.select(active)
        move = cosine_steps(chosen.ball, restart.eps, restart.settings.steps)
        scores[active] = chosen.climb(move, begin(chosen))
    return scores


def exhausted(restart: Restart) -> Tensor:
    """Bool [N]: the images on which restarts have stopped paying."""
    if restart.number < len(WAYS) + PATIENCE:
        return torch.zeros_like(restart.clean, dtype=torch.bool)
    return idle(restart.earlier, restart.clean, PATIENCE, GAIN)


def idle(earlier: Tensor, clean: Tensor, after: int, gain: float) -> Tensor:
    """Bool [N]: the images that the last `after` restarts worsened by at most `gain` of all that was gained
    on them, from their signed `clean` score to the worst of the `earlier` restarts' [N, restarts].
    """
    if earlier.shape[1] <= after:
        return torch.zeros_like(clean, dtype=torch.bool)
    before = earlier[:, :-after].amax(dim=1)
    now = earlier.amax(dim=1)
    return now - before <= gain * (now - clean)


def begin(restart: Restart) -> Tensor:
    """Where the restart starts, each image in its own way."""
    uniform = restart.ball.random_start(restart.random)
    way = ways(restart)[:, None, None, None]
    near = restart.images + NEAR * (uniform - restart.images)
    start = torch.where(way == WAYS.index("image"), near, uniform)
    backwards = torch.nonzero(way.flatten() == WAYS.index("against"))[:, 0]
    if len(backwards) > 0:
        part = restart.select(backwards)
        images = uniform[backwards].requires_grad_()
        (gradient,) = torch.autograd.grad(part.differentiable(images).sum(), images)
        start[backwards] = part.ball.project(images.detach() - part.eps * part.ball.steepest(gradient))
    return start


def ways(restart: Restart) -> Tensor:
    """Per image the way to begin, as its number in WAYS."""
    if restart.number < len(WAYS):
        return torch.full_like(restart.clean, restart.number, dtype=torch.int64)
    return restart.earlier[:, : len(WAYS)].argmax(dim=1)


def cosine_steps(ball: Ball, eps: float, steps: int) -> Move:
    """Steepest steps whose size falls along half a cosine."""
    done = 0

    def move(images: Tensor, _: Tensor, gradient: Tensor) -> Tensor:
        nonlocal done
        size = eps / 2 * (1 + math.cos(math.pi * done / steps))
        done += 1
        return ball.project(images + size * ball.steepest(gradient))

    return move
