"""How the AUROC falls with an attack's eps."""

import pandas as pd
import pyarrow as pa
from matplotlib.figure import Figure

from cobra.metrics import auroc
from cobra.reporting.figures.drawing import line_style, name_aurocs, panels
from cobra.reporting.figures.result_files import lines, rows_of
from cobra.reporting.figures.settings import FigureSettings

MADE_OF = "sweep"
NEEDS = ("datasets", "methods", "sweep")
MAY = ("classes", "scores")
CAPTION = """
**A line is a detector: AUROC over eps**, the largest change of a pixel, under the sweep ``{sweep}``; 0 is
the unchanged images, the axis is linear below the smallest eps and logarithmic above. Dotted: 50 %, a
guess. A sound attack makes every line fall to 0 as eps grows, for an unbounded change turns any ranking
over; a line that levels off above 0 is a sign that gradients are masked (gates 2 and 10).
"""


def collect(settings: FigureSettings, pattern: str) -> pd.DataFrame:
    """A row per detector and eps, the clean images' 0 among them: dataset ... seed, eps, auroc."""
    return rows_of(settings, pattern, "sweep", lambda table, _: budgets(table))


def budgets(table: pa.Table) -> list[dict[str, float]]:
    """The AUROC in % at each eps of a sweep file, the clean images' 0 first."""
    is_anomaly = table["is_anomaly"].to_numpy()
    curve = {0.0: table["clean"].to_numpy()}
    for name in table.column_names:
        if name.startswith("eps_"):
            curve[float(name.removeprefix("eps_"))] = table[name].to_numpy()
    return [{"eps": eps, "auroc": auroc(scores, is_anomaly)} for eps, scores in sorted(curve.items())]


def draw(curves: pd.DataFrame, settings: FigureSettings) -> Figure:
    """A line per detector: AUROC over eps."""
    figure, ((panel,),) = panels("", (5.5, 3.6))
    for number, (name, series) in enumerate(lines(curves, settings.methods, ["eps"]).items()):
        panel.plot(series.index, series.to_numpy(), label=name, **line_style(number))
    smallest = curves.loc[curves["eps"] > 0, "eps"].min()
    panel.set_xscale("symlog", linthresh=smallest, linscale=0.6)
    ticks = sorted(curves["eps"].unique())
    panel.set_xticks(ticks, [f"{tick:g}" for tick in ticks], rotation=45)
    panel.minorticks_off()
    name_aurocs(panel, "eps")
    panel.legend(frameon=False, fontsize=7)
    panel.set_title(settings.layout.title, fontsize=10)
    return figure
