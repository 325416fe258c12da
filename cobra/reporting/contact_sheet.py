"""Images of a data set to look at: per class normal ones, anomalies, and pseudo-anomalies of the normal."""

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from cobra.crafting.generated import read_pool
from cobra.crafting.pseudo import craft
from cobra.data.one_class import as_unit, testing_images, training_images
from cobra.data.store import Prepared
from cobra.randomness import ImageRandom
from cobra.settings.data import TestSubset, TrainingSubset
from cobra.settings.figures import ContactSheetSettings

INCH = 0.75  # side of an image on the sheet
LABEL = 1.5  # inches left of the rows


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
        crafted = craft(pixels, random, settings.crafting, None, pool).images
        kind = "crafted" if pool is None else "drawn or\ncrafted"
        anomalies = as_unit(test.images.pixels[test.is_anomaly])
        rows += [
            Row(f"{name}\nnormal", _channels_last(pixels), []),
            Row(f"{name}\nanomalies", _channels_last(anomalies), test.class_names[1:]),
            Row(f"{name}\n{kind}", _channels_last(crafted), []),
        ]
    return rows


def draw_sheet(rows: list[Row], title: str) -> Figure:
    """The rows below one another."""
    columns = max(len(row.images) for row in rows)
    size = (LABEL + columns * INCH, 0.5 + 1.15 * len(rows) * INCH)
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(title, fontsize=9)
    cells = figure.subplots(len(rows), columns, squeeze=False)
    for row, axes in zip(rows, cells, strict=True):
        for cell in axes:
            cell.axis("off")
        for number, image in enumerate(row.images):
            axes[number].imshow(image, interpolation="nearest")
            if row.names:
                axes[number].set_title(row.names[number], fontsize=5, pad=1.5)
        axes[0].text(-0.15, 0.5, row.label, transform=axes[0].transAxes, ha="right", va="center", fontsize=8)
    return figure


def _channels_last(images: Tensor) -> NDArray[np.float32]:
    return images.permute(0, 2, 3, 1).numpy()
