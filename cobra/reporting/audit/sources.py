"""What an audit compares: the paper's numbers, our tables and our gates; and its csv, one long table."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cobra.reporting.tables import gate_table
from cobra.reporting.tables.paper_comparison import MEASURES
from cobra.reporting.tables.paper_numbers import (
    OURS,
    headline_gains,
    impossible_cells,
    read_reported,
    recomputed_means,
)
from cobra.reporting.tables.table_csv import CELL, read_cells

AS_COMPARED = {"auroc": "value"} | {
    name: name for name in ("low", "high", "paper", "difference", "comparison")
}
FIGURES = ["table", *CELL, "gates", "measure", *AS_COMPARED.values()]
COLUMNS = [
    "section", "table", "row", *CELL, "seed", "measure",
    "paper", "against", "low", "high", "difference", "finding",
]  # fmt: skip


@dataclass(frozen=True)
class Sources:
    """The paper's numbers; our figures, a row each (FIGURES; percent and points); the tables of another
    measure than the paper's; the verdicts of gates, None: none were asked.
    """

    reported: pd.DataFrame
    figures: pd.DataFrame
    other_measure: list[str]
    verdicts: pd.DataFrame | None


def read_sources(reported: Path, tables: Sequence[Path], gates: Path | None) -> Sources:
    """Read them; a table is called as its file. Raises UserError if one is missing or of another kind."""
    other_measure = [path.stem for path in tables if "clean_accuracy" in read_cells(path, [], ["gates"])]
    compared = [path for path in tables if path.stem not in other_measure]
    figures = [_measured(path, measure) for path in compared for measure in MEASURES]
    return Sources(
        reported=read_reported(reported),
        figures=pd.concat(figures, ignore_index=True) if figures else pd.DataFrame(columns=FIGURES),
        other_measure=other_measure,
        verdicts=_read_verdicts(gates) if gates else None,
    )


def _measured(path: Path, measure: str) -> pd.DataFrame:
    """A table's figures of one measure; a clean one, which is the same under each attack, once."""
    *numbers, comparison = ([f"{measure}_{name}", new] for name, new in AS_COMPARED.items())
    cells = read_cells(path, [name for name, _ in numbers], ["gates", comparison[0]])
    found = cells.rename(columns=dict([*numbers, comparison])).assign(table=path.stem, measure=measure)
    if measure == "clean":
        found = found.assign(attack="", gates="").drop_duplicates(CELL)
    return found[FIGURES]


def _read_verdicts(path: Path) -> pd.DataFrame:
    return read_cells(path, ["gate", "figure"], key=gate_table.COLUMNS).astype({"gate": "Int64"})


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
