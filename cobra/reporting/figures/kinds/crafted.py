"""Pseudo-anomalies that the threshold filter keeps and rejects."""

from collections import Counter
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure
from torch import Tensor

from cobra.data.one_class import as_unit, normal_test_images
from cobra.randomness import ImageRandom
from cobra.reporting.figures.image_grid import Block, Strip, draw_blocks, strip
from cobra.reporting.figures.inputs import Files
from cobra.reporting.figures.settings import CraftedPanel, PictureSettings
from cobra.training.crafting.generated_pool import read_pool
from cobra.training.crafting.groups import craft
from cobra.training.crafting.likelihood_filter import fit_filter

MADE_OF = "pictures"
NEEDS = ("datasets", "methods")
MAY = ("classes",)
IMAGES = 8  # by default, per row
CAPTION = """
**A block is a class: normal images and, below each, the pseudo-anomalies crafted from it**, which is what
the loss pushes apart. Under each stands its p-value, how likely the filter holds it to be a normal image;
solid frames are kept for training, dashed ones rejected. A candidate that is kept and looks normal teaches
the detector a wrong border; one that looks like nothing in the data teaches it little. Of normal test images
about the share of the significance should be kept: more, and the filter takes new normal images for
anomalies.
"""
CANDIDATES = 3  # of each image


@dataclass(frozen=True)
class Gallery:
    """Normal images [N, C, H, W] in [0, 1] and `versions` of each: itself, and candidates as crafted, each
    with its p-value [N] and whether the filter would keep it (bool [N]); and of normal test images, which
    neither saw, whether it would (none if the data have none).
    """

    panel: CraftedPanel
    ids: list[int]
    versions: list[Tensor]
    p_values: list[list[float]]
    kept: list[list[bool]]
    fresh_kept: list[bool]
    normal_images: int


def collect(settings: PictureSettings, files: Files) -> list[Gallery]:
    """Each panel's first training images and candidates, judged by the filter of the training job."""
    galleries = []
    for panel in settings.crafted:
        images = files.training(panel.dataset, panel.normal, panel.subset)
        # the training job's filter: it depends on nothing else
        threshold = fit_filter(images, panel.crafting, settings.seed)
        pool = read_pool(panel.crafting.generated, files.prepared(panel.dataset), panel.normal, threads=1)
        pool = pool.to(files.device) if pool else None
        pixels, ids = as_unit(images.pixels[: settings.images]), images.ids[: settings.images]
        # as for training, which draws others in each epoch
        streams = [ImageRandom.of(settings.seed, ids, "crafted figure", each) for each in range(CANDIDATES)]
        candidates = [craft(pixels, random, panel.crafting, None, pool).images for random in streams]
        versions = [pixels, *candidates]
        fresh = normal_test_images(files.prepared(panel.dataset), panel.normal).to(files.device)
        gallery = Gallery(
            panel=panel,
            ids=ids.tolist(),
            versions=versions,
            p_values=[threshold.p_value(each).tolist() for each in versions],
            # The limit interpolates between two normal images: a p-value one image above the level may pass.
            kept=[threshold.passes(each).tolist() for each in versions],
            fresh_kept=threshold.passes(as_unit(fresh.pixels[:])).tolist() if len(fresh) else [],
            normal_images=len(images),
        )
        galleries.append(gallery)
    return galleries


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
    classes = Counter((each.panel.dataset, each.panel.normal) for each in galleries)
    blocks = []
    for gallery in galleries:
        panel, kept = gallery.panel, [each for row in gallery.kept[1:] for each in row]
        several = classes[panel.dataset, panel.normal] > 1  # galleries of a class: told apart by methods
        title = (
            f"{panel.dataset}, {panel.normal}: {sum(kept)} of {len(kept)} kept at significance "
            f"{panel.crafting.filter.significance:g}"
            f"{', as crafted for ' + ', '.join(panel.labels) if several else ''}"
        )
        if gallery.fresh_kept:
            title += f"; of {len(gallery.fresh_kept)} normal test images {sum(gallery.fresh_kept)} would be"
        blocks.append(Block(title, [_strip(gallery, number) for number in range(len(gallery.versions))]))
    return draw_blocks(blocks, settings.layout.title, note)


def _strip(gallery: Gallery, number: int) -> Strip:
    """The normal images (number 0) or a candidate of each."""
    below = f"p < {1 / gallery.normal_images:.2g}"
    captions = [f"p = {value:.3f}" if value else below for value in gallery.p_values[number]]
    if number == 0:
        return strip("normal", gallery.versions[0], captions)
    frames = ["kept" if kept else "rejected" for kept in gallery.kept[number]]
    return strip(f"candidate {number}", gallery.versions[number], captions, frames)
