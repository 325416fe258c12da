"""Whether robustness, and what an objective gains, grows with the network and the length of training."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
from matplotlib.figure import Figure

from cobra.artifacts.identity import Identity
from cobra.metrics import auroc
from cobra.reporting.figures.drawing import LOOKS, entries, legend, line_style, name_aurocs, panels
from cobra.reporting.figures.result_files import IMAGES, rows_of
from cobra.reporting.figures.settings import FigureSettings

MADE_OF = "scores"
NEEDS = ("datasets", "methods", "attack")
MAY = ("classes", "scores")
CAPTION = """
**A line is an objective: AUROC over the width of the network**, a panel per number of epochs, clean (dashed)
and under ``{attack}`` (solid). Compare the gap between two solid lines along a panel and from panel to panel:
where it grows with size, the small networks understate what one objective has over the other; where it
closes, a larger network does by itself what the objective is for. Dotted: 50 %, a guess.
"""


def collect(settings: FigureSettings, pattern: str) -> pd.DataFrame:
    """A row per detector, score, and clean or attacked images: dataset ... seed, the objective, the width of
    its network, its epochs, images, auroc in %.
    """
    return rows_of(settings, pattern, "scores", _rows)


def _rows(table: pa.Table, identity: Identity) -> Iterator[dict[str, Any]]:
    detector = identity.settings["detector"]
    objective = detector["objective"]
    terms = [objective["contrastive"], *(["classification"] if objective["classification"] else [])]
    about = {
        "objective": " + ".join(terms),
        "width": int(detector["model"]["width"]),
        "epochs": int(detector["schedule"]["epochs"]),
    }
    for images in IMAGES:
        found = auroc(table[images].to_numpy(), table["is_anomaly"].to_numpy())
        yield {**about, "images": images, "auroc": found}


def draw(curves: pd.DataFrame, settings: FigureSettings) -> Figure:
    """A panel per data set, score and number of epochs; two lines per objective, clean and under attack, over
    the width; means over classes and seeds.
    """
    groups = list(curves.groupby(["dataset", "score", "epochs"]))
    figure, (axes,) = panels(settings.layout.title, (1 + 2.1 * len(groups), 3.2), 1, len(groups), sharey=True)
    for panel, ((dataset, score, epochs), own) in zip(axes, groups, strict=True):
        for number, (objective, its) in enumerate(own.groupby("objective", sort=False)):
            for images, (said, looks) in LOOKS.items():
                means = its[its["images"] == images].groupby("width")["auroc"].mean()
                style = line_style(number) | looks
                panel.plot(means.index, means.to_numpy(), label=f"{objective}, {said}", **style)
        panel.set_xscale("log", base=2)
        panel.set_xticks(
            sorted(own["width"].unique()), [str(width) for width in sorted(own["width"].unique())]
        )
        name_aurocs(panel, "width")
        panel.set_title(f"{dataset}, {score}, {epochs} epochs", fontsize=8)
    legend(figure, entries(axes))
    return figure
