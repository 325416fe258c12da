"""FAB against a threshold (Croce, Hein 2020, fast adaptive boundary): the least change that crosses it.

For the signed distance f(x) = d (s(x) - threshold), which an image crosses once f > 0, each step
linearises f at the iterate x and at the same hyperplane projects both x and the image itself, within
[0, 1]; the next iterate is a mixture of the two, a little beyond (eta = 1.05):

    a = min(|p(x) - x| / (|p(x) - x| + |p(x_0) - x_0|), 0.1)
    x' = clip((1 - a) (x + eta (p(x) - x)) + a (x_0 + eta (p(x_0) - x_0)))

An iterate across the threshold that is nearer than the nearest so far is kept, and the next one starts
from it drawn back towards the image (beta = 0.9). In l-inf; the first restart begins at the image, later
ones uniformly within half of what was found; at the end bisection between image and nearest (the authors
take three secant steps). An image on the wrong side from the start has the radius 0; one that is never
brought across infinity.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from cobra.attacks.restart import Restart, missing_restarts, targeted
from cobra.attacks.settings import AttackSettings
from cobra.detectors.scoring import Score

ETA = 1.05
BETA = 0.9
ALPHA = 0.1
BISECTIONS = 12
NUDGE = 1e-5  # beyond the hyperplane, lest an image on the threshold stay there


@dataclass(frozen=True)
class Nearest:
    """Per image the nearest one found across the threshold and its distance [N] in l-inf."""

    images: Tensor
    radius: Tensor

    def improved(self, across: Tensor, images: Tensor, distance: Tensor) -> "Nearest":
        """With `images` where they are `across` and nearer."""
        better = across & (distance < self.radius)
        kept = torch.where(better[:, None, None, None], images, self.images)
        return Nearest(kept, torch.where(better, distance, self.radius))


def fab(restart: Restart, threshold: float) -> Tensor:
    """One restart: the least l-inf radius [N] at which each image was brought across; `earlier` are the
    radii of restarts before it.
    """
    images, level = restart.images, restart.direction * threshold
    found = Nearest(images, torch.full_like(restart.clean, torch.inf))
    x = _start(restart)
    for _ in range(restart.settings.steps):
        x = x.detach().requires_grad_()
        height = restart.differentiable(x) - level
        (gradient,) = torch.autograd.grad(height.sum(), x)
        x, height = x.detach(), height.detach()
        across = is_across(restart, height)
        found = found.improved(across, x, distance(x, images))
        drawn_back = BETA * x + (1 - BETA) * images
        x = torch.where(across[:, None, None, None], drawn_back, _towards(x, images, gradient, height))
    across = is_across(restart, restart.look(x) - level)
    radius = _bisect(restart, level, found.improved(across, x, distance(x, images)))
    from_the_start = is_across(restart, restart.clean - level)
    return torch.where(from_the_start, torch.zeros_like(radius), radius)


def is_across(restart: Restart, height: Tensor) -> Tensor:
    """Bool [N]: taken for one of the other group. An image is an anomaly if it scores above the threshold: on
    it an anomaly has crossed, a normal image has not.
    """
    return (height > 0) | ((height == 0) & (restart.direction < 0))


def distance(images: Tensor, others: Tensor) -> Tensor:
    """L-inf distance [N]."""
    return (images - others).abs().amax(dim=(1, 2, 3))


def _start(restart: Restart) -> Tensor:
    if restart.number == 0:
        return restart.images
    known = restart.earlier.amin(dim=1).clamp(max=1)
    noise = restart.random.uniform(*restart.images.shape[1:], low=-0.5, high=0.5)
    return (restart.images + known[:, None, None, None] * noise).clamp(0, 1)


def _towards(x: Tensor, images: Tensor, gradient: Tensor, height: Tensor) -> Tensor:
    """The mixture of both projections onto the hyperplane f(x) + <gradient, z - x> = 0."""
    along = (gradient * (images - x)).sum(dim=(1, 2, 3))
    rise = NUDGE * gradient.abs().sum(dim=(1, 2, 3)) - height
    step, own = to_hyperplane(x, gradient, rise), to_hyperplane(images, gradient, rise - along)
    lengths = [change.abs().amax(dim=(1, 2, 3), keepdim=True) for change in (step, own)]
    share = (lengths[0] / (lengths[0] + lengths[1]).clamp(min=1e-12)).clamp(max=ALPHA)
    return ((1 - share) * (x + ETA * step) + share * (images + ETA * own)).clamp(0, 1)


def to_hyperplane(images: Tensor, gradient: Tensor, rise: Tensor) -> Tensor:
    """The change of least l-inf length that raises <gradient, x> by `rise` [N] within [0, 1], or the
    largest there is: pixels move together until they meet the box.
    """
    way = gradient.sign() * rise.sign()[:, None, None, None]
    room = torch.where(way > 0, 1 - images, images).flatten(1)
    rooms, order = room.sort(dim=1)
    weights = gradient.abs().flatten(1).gather(1, order)
    used = (weights * rooms).cumsum(dim=1) - weights * rooms  # by pixels that meet the box before this one
    left = weights.flip(1).cumsum(dim=1).flip(1)  # weight of this and all later pixels
    reached = used + left * rooms  # the rise once all have moved this far
    first = (reached < rise.abs()[:, None]).sum(dim=1, keepdim=True).clamp(max=rooms.shape[1] - 1)
    at = [values.gather(1, first) for values in (used, left, rooms)]
    size = ((rise.abs()[:, None] - at[0]) / at[1].clamp(min=1e-30)).clamp(min=0).minimum(at[2])
    return way * room.minimum(size).reshape(images.shape)


def _bisect(restart: Restart, level: Tensor, found: Nearest) -> Tensor:
    """The radius of the nearest between each image and the found one, every pixel's change cut to it."""
    change = found.images - restart.images
    inside, across = torch.zeros_like(found.radius), distance(found.images, restart.images)
    for _ in range(BISECTIONS):
        middle = (inside + across) / 2
        limit = middle[:, None, None, None]
        height = restart.look(restart.images + change.clamp(-limit, limit)) - level
        there = is_across(restart, height)
        across, inside = torch.where(there, middle, across), torch.where(there, inside, middle)
    return torch.where(found.radius.isinf(), found.radius, across)


def operating_threshold(clean: Tensor, is_anomaly: Tensor, settings: AttackSettings) -> float:
    """The least score of a normal test image above which at most the share `false_alarms` of them lie."""
    normal = clean[~is_anomaly].sort().values
    above = int(settings.false_alarms * len(normal) + 1e-9)  # 0.29 x 100 is 28.999...
    return float(normal[len(normal) - 1 - above])


def cross_threshold(
    score: Score,
    images: Tensor,
    is_anomaly: Tensor,
    settings: AttackSettings,
    threshold: float,
    *,
    image_ids: Tensor,
    seed: int,
    trace: Tensor,
    on_restart: Callable[[], None],
) -> dict[str, Tensor]:
    """The columns `clean`, `threshold` and `radius`, the least l-inf change found that has an image taken for
    one of the other group: 0 where it is already, infinity where none was found or it is no target.

    `trace` [N, restarts, 1] holds the radii by restart; it is filled in place and taken up where it ends.
    """
    first = Restart.first(score, images, is_anomaly, settings, image_ids=image_ids, seed=seed)
    clean = first.direction * first.clean
    targets = torch.nonzero(targeted(is_anomaly, settings))[:, 0]
    for number in missing_restarts(trace):
        radius = torch.full_like(clean, torch.inf)
        if len(targets) > 0:
            restart = replace(first, number=number, earlier=trace[:, :number, 0].to(clean.device))
            radius[targets] = fab(restart.select(targets), threshold)
        trace[:, number, 0] = radius.cpu()
        on_restart()
    nearest = trace[:, :, 0].amin(dim=1).to(clean.device)
    return {"clean": clean, "threshold": torch.full_like(clean, threshold), "radius": nearest}
