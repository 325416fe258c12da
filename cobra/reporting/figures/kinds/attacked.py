"""Test images before and after an attack."""

from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure
from torch import Tensor

from cobra.data.one_class import TestImages
from cobra.reporting.figures.attack_again import Again, attack_again, panels_opened
from cobra.reporting.figures.image_grid import Block, draw_blocks, strip
from cobra.reporting.figures.inputs import Files
from cobra.reporting.figures.settings import DetectorPanel, PictureSettings
from cobra.reporting.figures.side_by_side import draw_side_by_side

MADE_OF = "pictures"
NEEDS = ("datasets", "methods", "attack")
MAY = ("classes", "scores")
IMAGES = 8  # by default, per row
CAPTION = """
**A block is a detector: test images, the same under** ``{attack}``, **and the change**, amplified around
mid grey. Below an attacked image stands its score before and after: raised if the image is normal, lowered
if it is an anomaly. The change within eps should be invisible or nearly so. Where it shows the shape of
something of the other kind, the detector rests on shapes that people see, too; where it looks like noise,
it does not.
"""


@dataclass(frozen=True)
class Attempted:
    """A detector's test images, normal ones first, and what the attack made of them."""

    panel: DetectorPanel
    test: TestImages
    again: Again


def collect(settings: PictureSettings, files: Files) -> list[Attempted]:
    """Per panel the attack on its first test images; raises UserError if there is no panel."""
    return [
        Attempted(panel, test, attack_again(detector, test, panel.evaluation, settings.seed))
        for panel, detector, test in panels_opened(settings, files, settings.images // 2)
    ]


def numbers(attempts: list[Attempted]) -> pd.DataFrame:
    """A row per image: dataset, normal, method, score, image_id, is_anomaly, class_name, clean, attacked."""
    frames = [
        pd.DataFrame(
            {
                **{name: getattr(each.panel, name) for name in ("dataset", "normal", "method", "score")},
                "image_id": each.test.images.ids.cpu().numpy(),
                "is_anomaly": each.test.is_anomaly.cpu().numpy(),
                "class_name": each.test.class_names,
                "clean": each.again.clean.cpu().numpy(),
                "attacked": each.again.attacked.cpu().numpy(),
            }
        )
        for each in attempts
    ]
    return pd.concat(frames, ignore_index=True)


def draw(attempts: list[Attempted], settings: PictureSettings) -> Figure:
    """A block per detector: images, attacked images, perturbations; scores before and after."""
    if settings.layout.compact:
        return draw_side_by_side([_compact(each) for each in attempts])
    note = (
        f"Attack {settings.layout.attack}, detectors of seed {settings.seed}. Below an attacked image its "
        "score before and after: raised if it is normal, lowered if it is an anomaly."
    )
    return draw_blocks([_block(each) for each in attempts], settings.layout.title, note)


def _block(attempted: Attempted) -> Block:
    panel, test, again = attempted.panel, attempted.test, attempted.again
    names = zip(test.is_anomaly.tolist(), test.class_names, strict=True)
    scores = zip(again.clean.tolist(), again.attacked.tolist(), strict=True)
    factor = amplification(attempted)
    around_grey = (0.5 + factor * (again.perturbed - again.images)).clamp(0, 1)
    strips = [
        strip("image", again.images, [f"{'anomaly' if odd else 'normal'} ({name})" for odd, name in names]),
        strip("attacked", again.perturbed, [f"{clean:.3f} → {worst:.3f}" for clean, worst in scores]),
        strip(f"perturbation\n× {factor:.3g}", around_grey),
    ]
    return Block(f"{panel.dataset}, {panel.normal}, {panel.label}, {panel.score} score", strips)


def _compact(attempted: Attempted) -> Block:
    """Images and attacked images, each above its own score; how many pairs are ranked right."""
    panel, again, odd = attempted.panel, attempted.again, attempted.test.is_anomaly
    frames = ["anomaly" if each else "normal" for each in odd.tolist()]
    shown = (("clean", again.images, again.clean), ("attacked", again.perturbed, again.attacked))
    strips = [
        strip(
            f"{label}: {ranked_right(scores, odd)} pairs ranked right",
            images, [f"{score:.2f}" for score in scores.tolist()], frames,
        )
        for label, images, scores in shown
    ]  # fmt: skip
    return Block(f"{panel.label}, normal: {panel.normal}", strips)


def ranked_right(scores: Tensor, is_anomaly: Tensor) -> str:
    """In how many pairs of an anomaly and a normal image the anomaly's score is higher, of how many."""
    right = scores[is_anomaly][:, None] > scores[~is_anomaly]
    return f"{int(right.sum())} of {right.numel()}"


def amplification(attempted: Attempted) -> float:
    """The factor at which the largest perturbation allowed (l-inf), or found (l2), reaches black or white."""
    attack = attempted.panel.evaluation.attack
    found = float((attempted.again.perturbed - attempted.again.images).abs().max())
    bound = attack.eps if attack is not None and attack.norm == "linf" and attack.eps else found
    return 0.5 / bound if bound > 0 else 1.0
