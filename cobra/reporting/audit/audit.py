"""The audit as a page: the paper's numbers checked against each other, and ours against the paper's."""

import pandas as pd

from cobra.reporting.audit.sources import Sources
from cobra.reporting.pages.render import Block, Section
from cobra.reporting.tables.paper_numbers import OURS, headline_gains, impossible_cells, recomputed_means

TITLE = "Audit of the paper's numbers and of ours"
MEASURES = {"clean_auroc": "clean", "robust_auroc": "robust"}
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
    "Paper": "{paper:.1f}", "Ours": "{value:.1f} [{low:.1f}, {high:.1f}]", "Difference": "{difference:+.1f}",
    "Gates": "{gates}",
}  # fmt: skip
COUNTED = ("inside", "outside", "reduced", "not reported")  # a comparison that is none of these: a lack


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
    means = means.assign(
        difference=means["recomputed"] - means["printed"], measure=means["measure"].map(MEASURES)
    )
    unexplained = means[~means["explained"]]
    lead = (
        f"A mean that the paper prints beside the mean of the cells it prints (AUROC in %). Cells and means "
        f"are printed to 0.1, so rounding explains a difference of up to 0.1. It explains "
        f"{len(means) - len(unexplained)} of {len(means)} means"
    )
    told = [f"{lead}; the others:", _listed(unexplained, MEANS)] if len(unexplained) else [f"{lead}."]
    return Section("1. The paper's means, recomputed from its cells", [*told, *_gains(reported)])


def _gains(reported: pd.DataFrame) -> list[Block]:
    gains = headline_gains(reported)
    lead = (
        f"The gain is the robust mean of {OURS} minus that of the next best method, in points: as the "
        "printed means give it, and as the printed cells do. Rounding explains a difference of up to 0.2."
    )
    said = gains.assign(explained=gains["explained"].map({True: "yes", False: "no"}))
    return [lead, _listed(said, GAINS)] if len(gains) else []


def impossible_section(reported: pd.DataFrame) -> Section:
    """The paper's cells that no effective attack gives."""
    cells = impossible_cells(reported)
    cells = cells.assign(difference=cells["robust_auroc"] - cells["clean_auroc"])
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
    rows = [
        {"Data set": dataset, "Method": method, "Score": score, "Gates failed": _failures(group)}
        for (dataset, method, score), group in verdicts.groupby(["dataset", "method", "score"], sort=False)
    ]
    failing = sum(row["Gates failed"] != "none" for row in rows)
    lead = (
        f"{failing} of {len(rows)} scores judged fail a gate: their figure bounds the robust one from above "
        "and is not called robust. In brackets: how many classes and seeds fail, of those judged."
    )
    return Section(title, [lead, pd.DataFrame(rows)] if rows else [lead])


def _failures(verdicts: pd.DataFrame) -> str:
    told = []
    for (gate, name), own in verdicts.groupby(["gate", "name"]):
        failed = (own["verdict"] == "fail").sum()
        told += [f"{gate} {name} ({failed} of {len(own)})"] if failed else []
    return "; ".join(told) or "none"


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
        blocks += [f"Outside: {len(outside)} of {compared.sum()} figures compared.", _outside(outside)]
    return Section("4. Our figures that differ from the paper's beyond the interval", blocks)


def _counts(figures: pd.DataFrame) -> pd.DataFrame:
    kinds = figures["comparison"].where(figures["comparison"].isin(COUNTED), "lacking")
    counts = pd.crosstab(figures["table"], kinds).rename_axis(columns=None)
    counts = counts.reindex(index=figures["table"].unique(), columns=[*COUNTED, "lacking"], fill_value=0)
    return counts.astype(str).rename(columns=str.capitalize).rename_axis("Our table").reset_index()


def _outside(figures: pd.DataFrame) -> pd.DataFrame:
    clean = figures["measure"] == "clean"
    said = figures.assign(
        measure=figures["measure"].where(clean, "robust, " + figures["attack"]),
        gates=figures["gates"].mask(clean, "–"),
    )
    return _listed(said, OUTSIDE)


def _listed(frame: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    """The rows of `frame` as texts; `columns` are headings and the formats of what stands below them."""
    rows = frame.to_dict("records")
    return pd.DataFrame([{name: text.format_map(row) for name, text in columns.items()} for row in rows])
