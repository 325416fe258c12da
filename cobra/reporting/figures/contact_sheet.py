"""Images of a data set to look at: per class normal ones, anomalies, and pseudo-anomalies of the normal."""

from matplotlib.figure import Figure

from cobra.data.one_class import as_unit, testing_images, training_images
from cobra.data.prepared import Prepared
from cobra.data.settings import TestSubset, TrainingSubset
from cobra.randomness import ImageRandom
from cobra.reporting.figures.image_grid import Block, Strip, draw_blocks, strip
from cobra.reporting.figures.settings import ContactSheetSettings
from cobra.training.crafting.generated_pool import read_pool
from cobra.training.crafting.groups import examples


def sheet_rows(prepared: Prepared, settings: ContactSheetSettings, seed: int) -> list[Strip]:
    """Per class: normal training images, test anomalies of all kinds in turn, the former's first candidates.

    The candidates have not passed the threshold filter, which takes a fit to all training images.
    """
    rows = []
    for name in settings.classes:
        normal = training_images(prepared, name, TrainingSubset(limit=max(2, settings.columns)))
        test = testing_images(prepared, name, TestSubset(normal_limit=1, anomaly_limit=settings.columns))
        pixels = as_unit(normal.pixels[: settings.columns])
        random = ImageRandom.of(seed, normal.ids[: settings.columns], "contact sheet")
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


def draw_sheet(rows: list[Strip], title: str) -> Figure:
    """The rows below one another."""
    return draw_blocks([Block("", rows)], title, "")
