"""How many normal training images the score must compare with."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
from matplotlib.figure import Figure

from cobra.artifacts.identity import Identity
from cobra.metrics import auroc
from cobra.reporting.figures.drawing import LOOKS, legend, line_style, name_aurocs, panels
from cobra.reporting.figures.result_files import IMAGES, rows_of
from cobra.reporting.figures.settings import FigureSettings

MADE_OF = "scores"
NEEDS = ("datasets", "methods", "attack")
MAY = ("classes", "scores")
CAPTION = """
**A line is a detector, or a kind of its score: AUROC over the number of normal training images that the
score compares with**, clean (dashed) and under ``{attack}`` (solid); the entries are drawn at random,
smaller memories within larger ones, and the attack is made anew for each. Dotted: 50 %, a guess. Where a
line is level a smaller memory would do, at a lower price per image; the networks are the same throughout.
"""
ALL = "all"


def collect(settings: FigureSettings, pattern: str) -> pd.DataFrame:
    """A row per detector, score with a memory, and clean or attacked images: dataset ... seed, kind and space
    of the score, memory (entries; empty: all normal training images), images, auroc in %.
    """
    return rows_of(settings, pattern, "scores", _rows).astype({"memory": "Int64"})


def _rows(table: pa.Table, identity: Identity) -> Iterator[dict[str, Any]]:
    score = identity.settings["evaluation"]["score"]
    about = {name: score[name] for name in ("kind", "space", "memory")}
    for images in IMAGES if score["kind"] != "classifier" else ():
        found = auroc(table[images].to_numpy(), table["is_anomaly"].to_numpy())
        yield {**about, "images": images, "auroc": found}


def draw(curves: pd.DataFrame, settings: FigureSettings) -> Figure:
    """Two lines per data set, method and kind of score, clean and under attack: AUROC over the entries of the
    memory, equally spaced; means over classes and seeds.
    """
    sizes = sorted(curves["memory"].dropna().unique())
    places = {str(size): place for place, size in enumerate([*sizes, ALL])}
    figure, ((panel,),) = panels("", (5.5, 3.6))
    shown = curves.assign(place=curves["memory"].astype("string").fillna(ALL).map(places))
    lines = shown.groupby(["dataset", "method", "kind", "space"], sort=False)
    for number, (names, own) in enumerate(lines):
        dataset, method, kind, space = map(str, names)
        score = [name for name in (kind, space) if name not in ("similarity", "projection")]  # the paper's
        label = ", ".join([dataset, settings.methods[method].label, *score])
        for images, (said, looks) in LOOKS.items():
            means = own[own["images"] == images].groupby("place")["auroc"].mean()
            style = line_style(number) | looks
            panel.plot(means.index, means.to_numpy(), label=f"{label}, {said}", **style)
    panel.set_xticks(list(places.values()), list(places))
    name_aurocs(panel, "entries of the memory")
    legend(figure)
    panel.set_title(settings.layout.title, fontsize=10)
    return figure
