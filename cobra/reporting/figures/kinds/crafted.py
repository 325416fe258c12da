"""Pseudo-anomalies that the threshold filter keeps and rejects."""

from collections import Counter
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure
from torch import Tensor

from cobra.data.one_class import Images, as_unit
from cobra.randomness import ImageRandom
from cobra.reporting.figures.image_grid import Block, Strip, draw_blocks, strip
from cobra.reporting.figures.inputs import Files
from cobra.reporting.figures.settings import CraftedPanel, PictureSettings
from cobra.training.crafting.generated_pool import Pool, read_pool
from cobra.training.crafting.groups import craft
from cobra.training.crafting.likelihood_filter import ThresholdFilter, fit_filter

MADE_OF = "pictures"
NEEDS = ("datasets", "methods")
MAY = ("classes",)
IMAGES = 8  # by default, per row
CAPTION = """
**A block is a class: normal images and, below each, the pseudo-anomalies crafted from it**, which is what
the loss pushes apart. Under each stands its p-value, how likely the filter holds it to be a normal image;
solid frames are kept for training, dashed ones rejected. A candidate that is kept and looks normal teaches
the detector a wrong border; one that looks like nothing in the data teaches it little.
"""
CANDIDATES = 3  # of each image


@dataclass(frozen=True)
class Gallery:
    """Normal images [N, C, H, W] in [0, 1] and `versions` of each: itself, and candidates as crafted, each
    with its p-value [N] and whether the filter would keep it (bool [N]).
    """

    panel: CraftedPanel
    ids: list[int]
    versions: list[Tensor]
    p_values: list[list[float]]
    kept: list[list[bool]]
    normal_images: int


def collect(settings: PictureSettings, files: Files) -> list[Gallery]:
    """Each panel's first training images and candidates, judged by the filter of the training job."""
    return [_gallery(panel, settings, files) for panel in settings.crafted]


def _gallery(panel: CraftedPanel, settings: PictureSettings, files: Files) -> Gallery:
    images = files.training(panel.dataset, panel.normal, panel.subset)
    # the training job's filter: it depends on nothing else
    threshold = fit_filter(images, panel.crafting, settings.seed)
    shown = Images(images.pixels[: settings.images], images.ids[: settings.images])
    pool = read_pool(panel.crafting.generated, files.prepared(panel.dataset), panel.normal, threads=1)
    pool = pool.to(files.device) if pool else None
    versions = [as_unit(shown.pixels[:]), *candidates(shown, panel, settings.seed, pool)]
    return Gallery(
        panel=panel,
        ids=shown.ids.tolist(),
        versions=versions,
        p_values=[threshold.p_value(each).tolist() for each in versions],
        kept=[keeps(threshold, each).tolist() for each in versions],
        normal_images=len(images),
    )


def candidates(shown: Images, panel: CraftedPanel, seed: int, pool: Pool | None) -> list[Tensor]:
    """CANDIDATES crafted from each image, or drawn from the pool, as for training, which draws others in
    each epoch.
    """
    streams = [ImageRandom.of(seed, shown.ids, "crafted figure", each) for each in range(CANDIDATES)]
    pixels = as_unit(shown.pixels[:])
    return [craft(pixels, random, panel.crafting, None, pool).images for random in streams]


def keeps(threshold: ThresholdFilter, images: Tensor) -> Tensor:
    """Bool [N]: unlikely enough for training. (The limit interpolates between two normal images, so that a
    p-value one image above the level may pass.)
    """
    return threshold.distance(images) > threshold.limit


def numbers(galleries: list[Gallery]) -> pd.DataFrame:
    """A row per candidate: dataset, normal, methods, image_id, candidate (from 1), p_value, kept."""
    return pd.DataFrame(
        {
            "dataset": gallery.panel.dataset,
            "normal": gallery.panel.normal,
            "methods": ", ".join(gallery.panel.labels),
            "image_id": image_id,
            "candidate": candidate,
            "p_value": gallery.p_values[candidate][place],
            "kept": gallery.kept[candidate][place],
        }
        for gallery in galleries
        for candidate in range(1, len(gallery.versions))
        for place, image_id in enumerate(gallery.ids)
    )


def draw(galleries: list[Gallery], settings: PictureSettings) -> Figure:
    """A block per gallery: normal images, their candidates below, framed by what the filter says."""
    note = (
        "Below an image its p-value under the normal training images; frames: solid kept, dashed rejected by "
        f"the filter of seed {settings.seed}."
    )
    subjects = Counter(_subject(each.panel) for each in galleries)
    blocks = [_block(each, subjects[_subject(each.panel)] > 1) for each in galleries]
    return draw_blocks(blocks, settings.layout.title, note)


def _subject(panel: CraftedPanel) -> str:
    return f"{panel.dataset}, {panel.normal}"


def _block(gallery: Gallery, several: bool) -> Block:
    """`several` galleries of a class are told apart by their methods."""
    panel = gallery.panel
    kept = [each for row in gallery.kept[1:] for each in row]
    title = (
        f"{_subject(panel)}: {sum(kept)} of {len(kept)} kept at significance "
        f"{panel.crafting.filter.significance:g}"
        f"{', as crafted for ' + ', '.join(panel.labels) if several else ''}"
    )
    strips = [_strip(gallery, number) for number in range(len(gallery.versions))]
    return Block(title, strips)


def _strip(gallery: Gallery, number: int) -> Strip:
    captions = [_p_value(value, gallery.normal_images) for value in gallery.p_values[number]]
    if number == 0:
        return strip("normal", gallery.versions[0], captions)
    frames = ["kept" if kept else "rejected" for kept in gallery.kept[number]]
    return strip(f"candidate {number}", gallery.versions[number], captions, frames)


def _p_value(value: float, images: int) -> str:
    return f"p = {value:.3f}" if value else f"p < {1 / images:.2g}"
