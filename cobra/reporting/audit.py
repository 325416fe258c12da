"""The audit: the paper's numbers checked against each other, and ours against the paper's. As a csv it is one
long table, as a page it has four sections.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cobra.reporting.pages.render import Block, Section
from cobra.reporting.tables import gate_table
from cobra.reporting.tables.paper_numbers import (
    IMAGES,
    MEASURES,
    OURS,
    headline_gains,
    impossible_cells,
    read_reported,
    recomputed_means,
)
from cobra.reporting.tables.table_csv import CELL, read_cells

NUMBERS = ["auroc", "low", "high", "paper", "difference"]
FIGURES = ["table", *CELL, "gates", "measure", *NUMBERS, "comparison"]
COLUMNS = [
    "section", "table", "row", *CELL, "seed", "measure",
    "paper", "against", "low", "high", "difference", "finding",
]  # fmt: skip
COUNTED = ("inside", "outside", "reduced", "not reported")  # a comparison that is none of these: a lack

TITLE = "Audit of the paper's numbers and of ours"
# Headings of the page's tables, and what stands below each.
MEANS = {
    "Paper's table": "{table}", "Method": "{method}", "Measure": "{measure}", "Printed": "{printed:.1f}",
    "Recomputed": "{recomputed:.2f}", "Difference": "{difference:+.2f}",
}  # fmt: skip
GAINS = {
    "Paper's table": "{table}", "Gain over": "{over}", "Printed": "{printed:.1f}",
    "Recomputed": "{recomputed:.2f}", "Explained by rounding": "{explained}",
}  # fmt: skip
CELLS = {
    "Paper's table": "{table}", "Row": "{row}", "Method": "{method}", "Clean": "{clean_auroc:.1f}",
    "Robust": "{robust_auroc:.1f}", "Difference": "{difference:+.1f}",
}  # fmt: skip
OUTSIDE = {
    "Our table": "{table}", "Figure": "{dataset} {class}, {method}, {score}", "Measure": "{measure}",
    "Paper": "{paper:.1f}", "Ours": "{auroc:.1f} [{low:.1f}, {high:.1f}]", "Difference": "{difference:+.1f}",
    "Gates": "{gates}",
}  # fmt: skip


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
    figures = [_measured(path, images) for path in compared for images in IMAGES]
    verdicts = read_cells(gates, ["gate", "figure"], key=gate_table.COLUMNS) if gates else None
    return Sources(
        reported=read_reported(reported),
        figures=pd.concat(figures, ignore_index=True) if figures else pd.DataFrame(columns=FIGURES),
        other_measure=other_measure,
        verdicts=None if verdicts is None else verdicts.astype({"gate": "Int64"}),
    )


def _measured(path: Path, images: str) -> pd.DataFrame:
    """A table's clean or robust figures, of single kinds of defects none; a clean one, which is the same
    under each attack, once.
    """
    prefix = f"{images}_"
    cells = read_cells(path, [prefix + name for name in NUMBERS], ["gates", f"{prefix}comparison"])
    found = cells.rename(columns=lambda name: name.removeprefix(prefix))
    found = found.assign(table=path.stem, measure=images)
    if images == "clean":
        found = found.assign(attack="", gates="")
    return found[FIGURES].drop_duplicates(CELL)  # of a class all kinds together come first


def audit_frame(sources: Sources) -> pd.DataFrame:
    """COLUMNS; `against` is what the paper's figure is held against (its cells' mean, its clean figure, ours)
    and `difference` that minus the paper's, in percent and points. Of a verdict: the gate's own figure.

    Our figures for which the paper has none are left out: the tables' csv files have them.
    """
    reported, figures, verdicts = sources.reported, sources.figures, sources.verdicts
    gains = _explained(headline_gains(reported))
    cells = impossible_cells(reported).rename(columns={"robust_auroc": "paper", "clean_auroc": "against"})
    known = figures[figures["comparison"] != "not reported"]
    known = known.rename(columns={"auroc": "against", "comparison": "finding"})
    parts = [
        _explained(recomputed_means(reported)).assign(section="means"),
        gains.assign(section="gains", method=OURS, measure="gain over " + gains["over"]),
        cells.assign(section="above clean", measure="robust_auroc", finding="robust above clean"),
    ]
    if verdicts is not None:
        judged = verdicts.rename(columns={"normal": "class", "figure": "against", "verdict": "finding"})
        parts.append(judged.assign(section="gates", measure="gate " + judged["gate"].astype(str)))
    parts.append(known.assign(section="figures", measure=known["measure"] + "_auroc"))
    rows = [row for part in parts for row in part.to_dict("records")]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["difference"] = frame["difference"].fillna(frame["against"] - frame["paper"])
    return frame.round({"paper": 3, "against": 3, "difference": 3})


def _explained(found: pd.DataFrame) -> pd.DataFrame:
    """With the names of COLUMNS: the printed figure, the one recomputed, and whether rounding explains it."""
    named = found.rename(columns={"printed": "paper", "recomputed": "against"})
    explained = {True: "explained by rounding", False: "not explained by rounding"}
    return named.assign(finding=named["explained"].map(explained))


def audit_sections(sources: Sources) -> list[Section]:
    """The four sections of the page."""
    return [
        means_section(sources.reported),
        impossible_section(sources.reported),
        gates_section(sources.verdicts),
        differences_section(sources.figures, sources.other_measure),
    ]


def means_section(reported: pd.DataFrame) -> Section:
    """The paper's means, and the gains claimed from them, from its own cells."""
    means = recomputed_means(reported)
    means["difference"] = means["recomputed"] - means["printed"]
    means["measure"] = means["measure"].map(dict(zip(MEASURES, IMAGES, strict=True)))
    unexplained = means[~means["explained"]]
    lead = (
        f"A mean that the paper prints beside the mean of the cells it prints (AUROC in %). Cells and means "
        f"are printed to 0.1, so rounding explains a difference of up to 0.1. It explains "
        f"{len(means) - len(unexplained)} of {len(means)} means"
    )
    told: list[Block] = [f"{lead}."]
    if len(unexplained):
        told = [f"{lead}; the others:", _listed(unexplained, MEANS)]
    gains = headline_gains(reported)
    if len(gains):
        told.append(
            f"The gain is the robust mean of {OURS} minus that of the next best method, in points: as the "
            "printed means give it, and as the printed cells do. Rounding explains a difference of up to 0.2."
        )
        said = gains.assign(explained=gains["explained"].map({True: "yes", False: "no"}))
        told.append(_listed(said, GAINS))
    return Section("1. The paper's means, recomputed from its cells", told)


def impossible_section(reported: pd.DataFrame) -> Section:
    """The paper's cells that no effective attack gives."""
    cells = impossible_cells(reported)
    cells["difference"] = cells["robust_auroc"] - cells["clean_auroc"]
    lead = (
        "A robust figure above the clean one is what no effective attack gives: leaving every image as it is "
        "would do more harm."
    )
    told: list[Block] = (
        [lead, _listed(cells, CELLS)] if len(cells) else [f"{lead} The paper has no such cell."]
    )
    return Section("2. The paper's cells with robust above clean", told)


def gates_section(verdicts: pd.DataFrame | None) -> Section:
    """Which of our detectors fail which gates."""
    title = "3. The gates' verdicts on our figures"
    if verdicts is None:
        return Section(
            title,
            ["No gates were configured: each robust figure of ours bounds the true one from above, no more."],
        )
    rows = []
    for (dataset, method, score), group in verdicts.groupby(["dataset", "method", "score"], sort=False):
        told = []
        for (gate, name), own in group.groupby(["gate", "name"]):
            failed = (own["verdict"] == "fail").sum()
            told += [f"{gate} {name} ({failed} of {len(own)})"] if failed else []
        failures = "; ".join(told) or "none"
        rows.append({"Data set": dataset, "Method": method, "Score": score, "Gates failed": failures})
    failing = sum(row["Gates failed"] != "none" for row in rows)
    lead = (
        f"{failing} of {len(rows)} scores judged fail a gate: their figure bounds the robust one from above "
        "and is not called robust. In brackets: how many classes and seeds fail, of those judged."
    )
    return Section(title, [lead, pd.DataFrame(rows)] if rows else [lead])


def differences_section(figures: pd.DataFrame, other_measure: list[str]) -> Section:
    """How many of our figures may be held against the paper's, and those that differ beyond the interval."""
    compared = figures["comparison"].isin(["inside", "outside"])
    outside = figures[figures["comparison"] == "outside"]
    blocks: list[Block] = [
        "How many figures of ours, clean and robust, of each class and mean, can be held against the "
        "paper's. Inside, outside: the paper's figure lies inside or outside of our interval. Reduced: our "
        "settings depart from the paper's, so that nothing is claimed. Not reported: the paper has no such "
        "figure. Lacking: the paper has one, we have none."
    ]
    if len(figures):
        blocks.append(_counts(figures))
    if other_measure:
        blocks.append(f"Of another measure than the paper's, and not counted: {', '.join(other_measure)}.")
    if not compared.any():
        blocks.append(
            "Nothing for which the paper has a figure was run at the paper's settings: none of its figures "
            "is confirmed or contradicted here."
        )
    elif outside.empty:
        blocks.append(f"None of the {compared.sum()} figures compared lies outside.")
    else:
        clean = outside["measure"] == "clean"
        said = outside.assign(
            measure=outside["measure"].where(clean, "robust, " + outside["attack"]),
            gates=outside["gates"].mask(clean, "–"),
        )
        lead = f"Outside: {len(outside)} of {compared.sum()} figures compared."
        blocks += [lead, _listed(said, OUTSIDE)]
    return Section("4. Our figures that differ from the paper's beyond the interval", blocks)


def _counts(figures: pd.DataFrame) -> pd.DataFrame:
    kinds = figures["comparison"].where(figures["comparison"].isin(COUNTED), "lacking")
    counts = pd.crosstab(figures["table"], kinds).rename_axis(columns=None)
    counts = counts.reindex(index=figures["table"].unique(), columns=[*COUNTED, "lacking"], fill_value=0)
    return counts.astype(str).rename(columns=str.capitalize).rename_axis("Our table").reset_index()


def _listed(frame: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    """The rows of `frame` as texts; `columns` are headings and the formats of what stands below them."""
    rows = frame.to_dict("records")
    return pd.DataFrame([{name: text.format_map(row) for name, text in columns.items()} for row in rows])
