"""When an image needs no further restart: rules that read what its earlier restarts found, and nothing else.

Gains are measured by the image's own, from its clean score to its worst: scores have no unit, and so the
decision depends on no other image, batch or block. An image that has stopped stays so: what stands for the
restarts it skips (`carried`) is no better than its worst.
"""

import torch
from torch import Tensor

from cobra.attacks.settings import StopSettings


def agreed(earlier: Tensor, clean: Tensor, rule: StopSettings) -> Tensor:
    """Bool [N]: the images of which `rule.after` restarts came within `rule.within` of all that was gained
    on the image to the worst of its scores (ours).

    `earlier` [N, restarts so far] are the best signed scores of each restart, `clean` [N] those of the images
    as they are. Restarts that found nothing worse than the image itself agree on nothing: a gradient that
    vanishes would have them do so.
    """
    if earlier.shape[1] < rule.after:
        return torch.zeros_like(clean, dtype=torch.bool)
    worst = earlier.amax(dim=1)
    near = earlier >= (worst - rule.within * (worst - clean))[:, None]
    return (near.sum(dim=1) >= rule.after) & (worst > clean)


def idle(earlier: Tensor, clean: Tensor, after: int, gain: float) -> Tensor:
    """Bool [N]: the images that the last `after` restarts worsened by at most `gain` of all that was gained
    on them, shapes as of `agreed`: A3's rule (Liu et al. 2022), each image judged by itself.
    """
    if earlier.shape[1] <= after:
        return torch.zeros_like(clean, dtype=torch.bool)
    before = earlier[:, :-after].amax(dim=1)
    now = earlier.amax(dim=1)
    return now - before <= gain * (now - clean)


def carried(earlier: Tensor) -> Tensor:
    """What stands for a skipped restart, [N, recorded steps]: the worst within so many steps of those that
    were made, whose signed scores are `earlier` [N, restarts so far, recorded steps].

    So the worst over restarts within any number of steps is what it was, for figures and gates alike.
    """
    return earlier.amax(dim=1)
