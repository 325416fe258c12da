"""Images of a data set to look at: per class normal ones, anomalies, and pseudo-anomalies of the normal; and
what each transformation makes of those of the first class.
"""

from collections.abc import Callable

import torch
from matplotlib.figure import Figure
from torch import Tensor

from cobra.data.one_class import as_unit, testing_images, training_images
from cobra.data.prepared import Prepared
from cobra.data.settings import TestSubset, TrainingSubset
from cobra.randomness import ImageRandom
from cobra.reporting.figures.image_grid import Block, Strip, draw_blocks, strip
from cobra.reporting.figures.settings import ContactSheetSettings
from cobra.training.crafting.generated_pool import read_pool
from cobra.training.crafting.groups import examples
from cobra.training.crafting.hard import HARD
from cobra.training.crafting.mild import crop_and_flip
from cobra.training.crafting.settings import CraftingSettings, MildSettings

AS_RELEASED = "_released"  # ends the name of a kind that has the released code's strength
Transform = Callable[[Tensor, ImageRandom], Tensor]


def sheet_blocks(prepared: Prepared, settings: ContactSheetSettings, seed: int) -> list[Block]:
    """The rows of all classes, and those of each transformation of the first."""
    first = settings.classes[0]
    images, random = _normal(prepared, first, settings, seed)
    rows = transformation_rows(images, random, settings.crafting[first])
    title = f"Each transformation of {first} by itself: ours, and the released code's where it has another"
    return [Block("", sheet_rows(prepared, settings, seed)), Block(title, rows)]


def sheet_rows(prepared: Prepared, settings: ContactSheetSettings, seed: int) -> list[Strip]:
    """Per class: normal training images, test anomalies of all kinds in turn, the former's first candidates.

    The candidates have not passed the threshold filter, which takes a fit to all training images.
    """
    rows = []
    for name in settings.classes:
        pixels, random = _normal(prepared, name, settings, seed)
        test = testing_images(prepared, name, TestSubset(normal_limit=1, anomaly_limit=settings.columns))
        crafting = settings.crafting[name]
        pool = read_pool(crafting.generated, prepared, name, threads=1)
        crafted = examples(pixels, random, crafting, pool)
        kind = "crafted" if pool is None else "drawn or\ncrafted"
        anomalies = as_unit(test.images.pixels[test.is_anomaly])
        rows += [
            strip(f"{name}\nnormal", pixels),
            strip(f"{name}\nanomalies", anomalies, test.class_names[1:]),
            strip(f"{name}\n{kind}", crafted),
        ]
    return rows


def transformation_rows(images: Tensor, random: ImageRandom, crafting: CraftingSettings) -> list[Strip]:
    """Per hard transformation, and for the crop of the views, images [N, 3, H, W] in our strength; where the
    released code has another, half of the images in ours and the same beside them in that one.
    """
    rows = []
    for kind in HARD:
        if not kind.endswith(AS_RELEASED):
            found = {"ours": kind, "released": f"{kind}{AS_RELEASED}"}
            strengths = {name: _hard(own, crafting) for name, own in found.items() if own in HARD}
            used = {kind, f"{kind}{AS_RELEASED}"} & {*crafting.hard.kinds}
            label = kind.replace("_", "-") if used else f"{kind.replace('_', '-')}\n(not used)"
            rows.append(_row(label, images, random.child(kind), strengths))
    released = crafting.mild.model_copy(update={"crop_min_area": 0.08, "crop_max_area": 1.0})
    crops = {f"ours, {_areas(crafting.mild)}": crafting.mild, f"released, {_areas(released)}": released}
    strengths = {name: _crop(mild) for name, mild in crops.items()}
    return [*rows, _row("crop of\nthe views", images, random.child("views"), strengths)]


def draw_sheet(blocks: list[Block], title: str) -> Figure:
    """The blocks below one another."""
    return draw_blocks(blocks, title, "")


def _normal(
    prepared: Prepared, name: str, settings: ContactSheetSettings, seed: int
) -> tuple[Tensor, ImageRandom]:
    """As many training images of a class as there are columns, and a stream for each."""
    normal = training_images(prepared, name, TrainingSubset(limit=max(2, settings.columns)))
    ids = normal.ids[: settings.columns]
    return as_unit(normal.pixels[: settings.columns]), ImageRandom.of(seed, ids, "contact sheet")


def _row(label: str, images: Tensor, random: ImageRandom, strengths: dict[str, Transform]) -> Strip:
    """The same images in each strength, as many as fit, each with the strength's name below it."""
    count = max(1, len(images) // len(strengths))
    few = random.select(torch.arange(count))
    tiles = [
        tile
        for name, transform in strengths.items()
        for tile in strip(label, transform(images[:count], few), [name] * count).tiles
    ]
    return Strip(label, tiles)


def _hard(kind: str, crafting: CraftingSettings) -> Transform:
    return lambda images, random: HARD[kind](images, random, crafting.hard)


def _crop(mild: MildSettings) -> Transform:
    return lambda images, random: crop_and_flip(images, random, mild)


def _areas(mild: MildSettings) -> str:
    return f"{mild.crop_min_area:g}-{mild.crop_max_area:g}"
