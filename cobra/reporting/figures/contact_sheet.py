"""Images of a data set to look at: per class normal ones, anomalies, and pseudo-anomalies of the normal."""

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from cobra.data.one_class import as_unit, testing_images, training_images
from cobra.data.prepared import Prepared
from cobra.data.settings import TestSubset, TrainingSubset
from cobra.randomness import ImageRandom
from cobra.reporting.figures.image_grid import Block, Strip, Tile, channels_last, draw_blocks
from cobra.reporting.figures.settings import ContactSheetSettings
from cobra.training.crafting.generated_pool import read_pool
from cobra.training.crafting.groups import examples


class Row(NamedTuple):
    """A row of the sheet: what it shows, images [N, H, W, 3] in [0, 1], what stands below each."""

    label: str
    images: NDArray[np.float32]
    names: list[str]


def sheet_rows(prepared: Prepared, settings: ContactSheetSettings, seed: int) -> list[Row]:
    """Per class: normal training images, test anomalies of all kinds in turn, the former's first candidates.

    The candidates have not passed the threshold filter, which takes a fit to all training images.
    """
    rows = []
    for name in settings.classes:
        normal = training_images(prepared, name, TrainingSubset(limit=max(2, settings.columns)))
        test = testing_images(prepared, name, TestSubset(normal_limit=1, anomaly_limit=settings.columns))
        pixels = as_unit(normal.pixels[: settings.columns])
        random = ImageRandom.of(seed, normal.ids[: settings.columns], "contact sheet")
        pool = read_pool(settings.crafting.generated, prepared, name, threads=1)
        crafted = examples(pixels, random, settings.crafting, pool)
        kind = "crafted" if pool is None else "drawn or\ncrafted"
        anomalies = as_unit(test.images.pixels[test.is_anomaly])
        rows += [
            Row(f"{name}\nnormal", channels_last(pixels), []),
            Row(f"{name}\nanomalies", channels_last(anomalies), test.class_names[1:]),
            Row(f"{name}\n{kind}", channels_last(crafted), []),
        ]
    return rows


def draw_sheet(rows: list[Row], title: str) -> Figure:
    """The rows below one another."""
    return draw_blocks([Block("", [_strip(row) for row in rows])], title, "")


def _strip(row: Row) -> Strip:
    names = row.names or [""] * len(row.images)
    return Strip(row.label, [Tile(image, name) for image, name in zip(row.images, names, strict=True)])
