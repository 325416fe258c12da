"""The audit: exact figures of the paper from config/paper_tables.csv, ours from tables written by hand."""

from pathlib import Path

import pandas as pd
import pytest

from cobra.errors import UserError
from cobra.reporting.audit import COLUMNS, audit_frame, audit_sections, read_sources

REPORTED = Path(__file__).parents[3] / "config" / "paper_tables.csv"
HEAD = (
    "dataset,class,method,score,attack,clean_auroc,clean_low,clean_high,robust_auroc,robust_low,robust_high,"
    "clean_paper,clean_difference,clean_comparison,robust_paper,robust_difference,robust_comparison,gates,"
    "score_files\n"
)
OURS = (
    "mnist,mean,cobra,similarity,{},90.0,89.0,91.0,{},95.0,97.0,92.8,-2.8,outside,96.4,{},{},{},a.parquet\n"
)
CLASS = "mnist,0,cobra,similarity,pgd,90.0,89.0,91.0,80.0,70.0,90.0,,,not reported,,,not reported,pass,a\n"
REDUCED = (
    "mnist,mean,cobra,similarity,pgd,90.0,89,91,80.0,70,90,92.8,-2.8,reduced,96.4,-16.4,reduced,pass,a\n"
)
LACKING = "svhn,mean,cobra,similarity,pgd,,,,,,,89.3,,not run,58.2,,no data,not judged,not run: a.parquet\n"
ACCURACY = "dataset,class,method,score,attack,clean_accuracy,clean_low,clean_high,robust_accuracy,gates\n"
GATES = """dataset,normal,method,score,seed,gate,name,verdict,figure,said
mnist,0,cobra,similarity,0,1,more steps,fail,0.5,more steps find more
mnist,1,cobra,similarity,0,1,more steps,pass,0.0,as it should
mnist,0,cobra,similarity,0,2,eps,fail,0.5,too high
mnist,1,cobra,similarity,0,2,eps,fail,0.5,too high
mnist,0,standard,similarity,0,1,more steps,pass,0.0,as it should
mnist,0,standard,similarity,0,2,eps,not applicable,,no sweep
"""


@pytest.fixture
def sources(tmp_path):
    """Read what is given by file name, `gates` apart."""

    def read(gates=None, **tables):
        for name, text in {**tables, "gates": gates}.items():
            if text is not None:
                (tmp_path / f"{name}.csv").write_text(text)
        chosen = [tmp_path / f"{name}.csv" for name in tables]
        return read_sources(REPORTED, chosen, tmp_path / "gates.csv" if gates else None)

    return read


def section(sources, number):
    return audit_sections(sources)[number - 1]


def tables_of(part):
    return [block for block in part.blocks if isinstance(block, pd.DataFrame)]


def words_of(part):
    return " ".join(block for block in part.blocks if isinstance(block, str))


def test_the_means_that_rounding_does_not_explain_are_listed_and_the_others_counted(sources):
    part = section(sources(), 1)
    assert "explains 47 of 50 means; the others:" in words_of(part)
    assert tables_of(part)[0].to_numpy().tolist() == [
        ["mvtec_per_category", "ZARND", "clean", "71.6", "71.73", "+0.13"],
        ["datasets", "ZARND", "robust", "39.7", "39.94", "+0.24"],
        ["loss_ablation", "L_SupCL", "clean", "80.4", "80.17", "-0.23"],
    ]


def test_the_headline_gain_is_printed_beside_the_recomputed_one(sources):
    assert tables_of(section(sources(), 1))[1].to_numpy().tolist() == [
        ["mvtec_per_category", "ZARND", "45.0", "45.06", "yes"],
        ["datasets", "ZARND", "26.1", "25.87", "no"],
    ]


def test_cells_with_robust_above_clean_are_listed(sources):
    part = section(sources(), 2)
    assert "no effective attack gives" in words_of(part)
    assert tables_of(part)[0].to_numpy().tolist() == [
        ["mvtec_per_category", "carpet", "COBRA", "60.7", "84.9", "+24.2"],
        ["datasets", "mnist", "COBRA", "92.8", "96.4", "+3.6"],
    ]


def test_numbers_without_a_fault_are_said_to_have_none(tmp_path):
    (tmp_path / "reported.csv").write_text("table,row,method,clean_auroc,robust_auroc\n")
    first, second, *_ = audit_sections(read_sources(tmp_path / "reported.csv", [], None))
    assert tables_of(first) == tables_of(second) == []
    assert "It explains 0 of 0 means." in words_of(first)
    assert "The paper has no such cell." in words_of(second)


def test_without_gates_it_is_said_that_none_were_configured(sources):
    part = section(sources(), 3)
    assert words_of(part).startswith("No gates were configured")
    assert tables_of(part) == []


def test_a_score_s_failed_gates_are_counted_over_classes_and_seeds(sources):
    part = section(sources(gates=GATES), 3)
    assert words_of(part).startswith("1 of 2 scores judged fail a gate")
    assert tables_of(part)[0].to_numpy().tolist() == [
        ["mnist", "cobra", "similarity", "1 more steps (1 of 2); 2 eps (2 of 2)"],
        ["mnist", "standard", "similarity", "none"],
    ]


def test_figures_beyond_the_interval_are_listed_and_all_are_counted(sources):
    inside = OURS.format("pgd", 96.0, -0.4, "inside", "pass")
    part = section(sources(main=HEAD + inside + CLASS + LACKING, small=HEAD + REDUCED), 4)
    counts, outside = tables_of(part)
    assert counts.to_numpy().tolist() == [
        ["main", "1", "1", "0", "2", "2"],
        ["small", "0", "0", "2", "0", "0"],
    ]
    assert list(counts) == ["Our table", "Inside", "Outside", "Reduced", "Not reported", "Lacking"]
    assert outside.to_numpy().tolist() == [
        ["main", "mnist mean, cobra, similarity", "clean", "92.8", "90.0 [89.0, 91.0]", "-2.8", "–"]
    ]
    assert "Outside: 1 of 2 figures compared." in words_of(part)


def test_a_clean_figure_counts_once_under_several_attacks(sources):
    rows = [OURS.format(attack, 96.0, -0.4, "outside", "fails 4") for attack in ("pgd", "apgd")]
    counts, outside = tables_of(section(sources(attacks=HEAD + "".join(rows)), 4))
    assert counts["Outside"].tolist() == ["3"]
    assert outside["Measure"].tolist() == ["clean", "robust, pgd", "robust, apgd"]
    assert outside["Gates"].tolist() == ["–", "fails 4", "fails 4"]


def test_it_is_said_plainly_that_nothing_was_run_at_the_paper_s_settings(sources):
    part = section(sources(small=HEAD + REDUCED + CLASS), 4)
    assert "Nothing for which the paper has a figure was run at the paper's settings" in words_of(part)
    assert len(tables_of(part)) == 1


def test_if_nothing_lies_outside_that_is_said(sources):
    row = OURS.replace("outside", "inside").format("pgd", 96.0, -0.4, "inside", "pass")
    assert "None of the 2 figures compared lies outside." in words_of(section(sources(main=HEAD + row), 4))


def test_tables_of_another_measure_are_named_and_not_counted(sources):
    part = section(sources(fab=ACCURACY + "mnist,mean,cobra,similarity,fab,9,8,10,5,pass\n"), 4)
    assert "not counted: fab." in words_of(part)
    assert tables_of(part) == []


def test_the_csv_holds_every_comparison_with_what_it_is_held_against(sources):
    frame = audit_frame(sources(gates=GATES, main=HEAD + REDUCED + CLASS))
    assert list(frame) == COLUMNS
    assert frame["section"].value_counts().to_dict() == {
        "means": 50,
        "gains": 2,
        "above clean": 2,
        "gates": 6,
        "figures": 2,
    }
    zarnd = frame.query("section == 'means' and table == 'datasets' and method == 'ZARND'").iloc[1]
    assert (zarnd.paper, zarnd.against, zarnd.difference) == (39.7, 39.94, 0.24)
    assert zarnd.finding == "not explained by rounding"
    robust = frame[frame["section"] == "figures"].iloc[1]
    assert (robust.paper, robust.against, robust.difference, robust.finding) == (96.4, 80, -16.4, "reduced")
    assert frame.loc[frame["section"] == "gates", "seed"].tolist() == ["0"] * 6
    gain = frame[frame["section"] == "gains"].iloc[1]
    assert (gain.measure, gain.paper, gain.against) == ("gain over ZARND", 26.1, 25.87)


def test_a_missing_table_is_told(tmp_path):
    with pytest.raises(UserError, match=r"gone\.csv does not exist: make it first"):
        read_sources(REPORTED, [tmp_path / "gone.csv"], None)


def test_a_table_with_words_in_the_place_of_figures_is_told(sources):
    with pytest.raises(UserError, match=r"main\.csv is damaged .*high.*: make it again"):
        sources(main=HEAD + REDUCED.replace("92.8", "high"))


def test_a_file_that_is_no_csv_is_told(sources):
    with pytest.raises(UserError, match=r"main\.csv is damaged .*: make it again"):
        sources(main="")


@pytest.mark.parametrize("column", ["gates", "robust_comparison"])
def test_a_table_of_another_version_is_told(sources, column):
    with pytest.raises(UserError, match=f"main.csv has no column {column}: make it again"):
        sources(main=HEAD.replace(f",{column},", ",other,") + REDUCED)
