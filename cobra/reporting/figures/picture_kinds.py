"""The kinds of figures made from images and detectors: how each collects what it shows, and draws it.

Apart from `kinds`, whose figures are then not drawn again when an attack's or the training's code changes.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from cobra.reporting.figures import attacked, crafted, embeddings
from cobra.reporting.figures.opened import Files
from cobra.settings.pictures import PictureSettings


class PictureKind(NamedTuple):
    """What `collect` returns, `numbers` makes a table of and `draw` a figure."""

    collect: Callable[[PictureSettings, Files], Any]
    numbers: Callable[[Any], pd.DataFrame]
    draw: Callable[[Any, PictureSettings], Figure]


PICTURE_KINDS = {
    "crafted": PictureKind(crafted.collect, crafted.numbers, crafted.draw),
    "attacked": PictureKind(attacked.collect, attacked.numbers, attacked.draw),
    "embeddings": PictureKind(embeddings.collect, embeddings.numbers, embeddings.draw),
}
