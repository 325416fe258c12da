"""An attack against a threshold: how far each image is from being taken for one of the other group."""

from collections.abc import Callable

import torch
from torch import Tensor

from cobra.attacks.attempt import Task, missing_restarts
from cobra.attacks.fab import fab
from cobra.scoring import Score
from cobra.settings.attack import AttackSettings


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
    task = Task.of(score, images, is_anomaly, settings, image_ids=image_ids, seed=seed)
    clean = task.direction * task.clean
    for restart in missing_restarts(trace):
        radius = torch.full_like(clean, torch.inf)
        if len(task.chosen) > 0:
            radius[task.chosen] = fab(task.attempt(restart, trace[:, :restart, 0]), threshold)
        trace[:, restart, 0] = radius.cpu()
        on_restart()
    nearest = trace[:, :, 0].amin(dim=1).to(clean.device)
    return {"clean": clean, "threshold": torch.full_like(clean, threshold), "radius": nearest}
