"""Embeddings of normal and anomalous images, of their attacked versions, and of the memory, in the plane."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits
from torch import Tensor

from cobra.attacks.inputs import AnyDetector
from cobra.data.one_class import TestImages, as_unit
from cobra.detectors.detector import BATCH, Detector
from cobra.errors import UserError
from cobra.reporting.figures.attack_again import attack_again, panels_opened
from cobra.reporting.figures.drawing import COLOURS, GREY, entries, legend, panels
from cobra.reporting.figures.inputs import Files
from cobra.reporting.figures.settings import DetectorPanel, PictureSettings, Space

MADE_OF = "pictures"
NEEDS = ("datasets", "methods")
MAY = ("classes", "scores", "attack")
IMAGES = 100  # by default, points per group
CAPTION = """
**A panel is a detector: its representation of images, laid into the plane** by t-SNE. Points: normal test
images (circles), anomalies (squares), the same under attack (hollow) where one is shown, the normal
training images that scores compare with (grey). Near points are alike to the network. Normal images should
lie among the grey, anomalies apart; under attack, points wander to the other group. The plane keeps only
who is near whom: sizes and distances of clusters mean nothing.
"""
PERPLEXITY = 30.0  # scikit-learn's, as far as there are points for it
HOLLOW = {"facecolors": "none", "linewidths": 0.8}
# Drawn in this order; an attacked image has its group's shape and colour, hollow.
STYLES: dict[str, dict[str, Any]] = {
    "memory": {"marker": ".", "c": GREY, "s": 10, "linewidths": 0},
    "anomalous": {"marker": "s", "c": COLOURS[1], "s": 12, "linewidths": 0},
    "normal": {"marker": "o", "c": COLOURS[0], "s": 14, "linewidths": 0},
    "anomalous, attacked": {"marker": "s", "edgecolors": COLOURS[1], "s": 14, **HOLLOW},
    "normal, attacked": {"marker": "o", "edgecolors": COLOURS[0], "s": 16, **HOLLOW},
}


@dataclass(frozen=True)
class Plane:
    """Where the points of a panel lie: columns group, image_id, x, y."""

    panel: DetectorPanel
    points: pd.DataFrame


def collect(settings: PictureSettings, files: Files) -> list[Plane]:
    """Per panel the points of all groups, laid into the plane together."""
    opened = panels_opened(settings, files, settings.images)
    return [_plane(panel, detector, test, settings, files) for panel, detector, test in opened]


def _plane(
    panel: DetectorPanel, detector: AnyDetector, test: TestImages, settings: PictureSettings, files: Files
) -> Plane:
    if not isinstance(detector, Detector):
        raise UserError(f"{panel.method} has no embeddings: show methods of the section methods.")
    training = files.training(panel.dataset, panel.normal, panel.subset)
    memory = detector.memory(panel.space)[: settings.images]
    versions = {"": as_unit(test.images.pixels[:])}
    if panel.evaluation.attack is not None:
        versions[", attacked"] = attack_again(detector, test, panel.evaluation, settings.seed).perturbed
    tables = [("memory", training.ids[: len(memory)], memory)]
    for version, images in versions.items():
        embedded = embed(detector, images, panel.space)
        for group, rows in (("normal", ~test.is_anomaly), ("anomalous", test.is_anomaly)):
            tables.append((group + version, test.images.ids[rows], embedded[rows]))
    groups = [group for group, ids, _ in tables for _ in ids]
    ids = torch.cat([ids for _, ids, _ in tables]).cpu().numpy()
    flat = in_plane(torch.cat([embedded for *_, embedded in tables]).cpu().numpy())
    return Plane(panel, pd.DataFrame({"group": groups, "image_id": ids, "x": flat[:, 0], "y": flat[:, 1]}))


@torch.no_grad()
def embed(detector: Detector, images: Tensor, space: Space) -> Tensor:
    """The l2-normalised embeddings [N, D] of images [N, C, H, W] in which the score compares them."""
    features = torch.cat([detector.scorer.features(piece) for piece in images.split(BATCH)])
    return detector.scorer.project(features) if space == "projection" else F.normalize(features, dim=1)


def in_plane(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Points [N, 2] by t-SNE (van der Maaten, Hinton 2008) of embeddings [N, D], the same each time."""
    perplexity = min(PERPLEXITY, (len(embeddings) - 1) / 3)
    with threadpool_limits(1):  # sums of several threads round otherwise each time
        return TSNE(init="pca", perplexity=perplexity, random_state=0).fit_transform(embeddings)


def numbers(planes: list[Plane]) -> pd.DataFrame:
    """A row per point: dataset, normal, method, space, group, image_id, x, y."""
    about = ["dataset", "normal", "method", "space"]
    rows = [
        plane.points.assign(**{name: getattr(plane.panel, name) for name in about})[[*about, *plane.points]]
        for plane in planes
    ]
    return pd.concat(rows, ignore_index=True)


def draw(planes: list[Plane], settings: PictureSettings) -> Figure:
    """A panel per detector, three in a row."""
    columns = min(3, len(planes))
    rows = -(-len(planes) // columns)
    size = (max(2.6 * columns, 4), 2.7 * rows + 0.6)
    figure, grid = panels(settings.layout.title, size, rows, columns)
    for axes, plane in zip(grid.flat, planes, strict=False):
        for group, style in STYLES.items():
            own = plane.points[plane.points["group"] == group]
            if len(own) > 0:
                axes.scatter(own["x"], own["y"], label=group, **style)
        panel = plane.panel
        title = f"{panel.label}\n{panel.dataset}, {panel.normal}, {panel.space}"
        axes.set_title(title, loc="left", fontsize=8)
        axes.set(xticks=[], yticks=[])
        axes.spines[["top", "right"]].set_visible(True)
    for axes in grid.flat[len(planes) :]:
        axes.axis("off")
    shown = entries(grid.flat[:1])
    ordered = sorted(shown, key=lambda name: (name == "memory", name))  # an attacked group after its group
    title = f"t-SNE of embeddings, detectors of seed {settings.seed}"
    legend(figure, {name: shown[name] for name in ordered}, columns=3, title=title)
    return figure
