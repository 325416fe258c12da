"""The audit for machines: one long table of all that was held against something."""

import pandas as pd

from cobra.reporting.audit.sources import CELL, Sources
from cobra.reporting.tables.paper_numbers import OURS, headline_gains, impossible_cells, recomputed_means

COLUMNS = [
    "section", "table", "row", *CELL, "seed", "measure",
    "paper", "against", "low", "high", "difference", "finding",
]  # fmt: skip


def audit_frame(sources: Sources) -> pd.DataFrame:
    """COLUMNS; `against` is what the paper's figure is held against (its cells' mean, its clean figure, ours)
    and `difference` that minus the paper's, in percent and points. Of a verdict: the gate's own figure.

    Our figures for which the paper has none are left out: the tables' csv files have them.
    """
    parts = [
        _means(sources.reported),
        _gains(sources.reported),
        _impossible(sources.reported),
        _verdicts(sources.verdicts),
        _figures(sources.figures),
    ]
    rows = [row for part in parts for row in part.to_dict("records")]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["difference"] = frame["difference"].fillna(frame["against"] - frame["paper"])
    return frame.round({"paper": 3, "against": 3, "difference": 3})


def _means(reported: pd.DataFrame) -> pd.DataFrame:
    means = recomputed_means(reported).rename(columns={"printed": "paper", "recomputed": "against"})
    return means.assign(section="means", finding=_explained(means))


def _gains(reported: pd.DataFrame) -> pd.DataFrame:
    gains = headline_gains(reported).rename(columns={"printed": "paper", "recomputed": "against"})
    measure = "gain over " + gains["over"]
    return gains.assign(section="gains", method=OURS, measure=measure, finding=_explained(gains))


def _explained(frame: pd.DataFrame) -> pd.Series:
    return frame["explained"].map({True: "explained by rounding", False: "not explained by rounding"})


def _impossible(reported: pd.DataFrame) -> pd.DataFrame:
    cells = impossible_cells(reported).rename(columns={"robust_auroc": "paper", "clean_auroc": "against"})
    return cells.assign(section="above clean", measure="robust_auroc", finding="robust above clean")


def _verdicts(verdicts: pd.DataFrame | None) -> pd.DataFrame:
    if verdicts is None:
        return pd.DataFrame()
    named = verdicts.rename(columns={"normal": "class", "figure": "against", "verdict": "finding"})
    return named.assign(section="gates", measure="gate " + named["gate"].astype(str))


def _figures(figures: pd.DataFrame) -> pd.DataFrame:
    known = figures[figures["comparison"] != "not reported"]
    named = known.rename(columns={"value": "against", "comparison": "finding"})
    return named.assign(section="figures", measure=named["measure"] + "_auroc")
