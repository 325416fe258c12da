from pathlib import Path

import pytest

from cobra.reporting.tables.paper_numbers import (
    headline_gains,
    impossible_cells,
    read_reported,
    recomputed_means,
)

REPORTED = read_reported(Path(__file__).parents[3] / "config" / "paper_tables.csv")


def one_mean(table, method, measure):
    means = recomputed_means(REPORTED)
    chosen = means[(means.table == table) & (means.method == method) & (means.measure == measure)]
    return chosen.iloc[0]


def test_the_robust_mean_of_zarnd_is_not_the_printed_one():
    mean = one_mean("datasets", "ZARND", "robust_auroc")
    assert mean.printed == 39.7
    assert mean.recomputed == pytest.approx(39.94)
    assert not mean.explained


def test_the_headline_gain_is_smaller_when_recomputed():
    gains = headline_gains(REPORTED).set_index("table").loc["datasets"]
    assert gains.printed == pytest.approx(26.1)
    assert gains.recomputed == pytest.approx(25.9, abs=0.05)


def test_tables_without_the_papers_method_have_no_gain():
    assert "loss_ablation" not in set(headline_gains(REPORTED)["table"])


def test_robust_above_clean_is_found_where_the_paper_prints_it():
    found = {(row.table, row.row) for row in impossible_cells(REPORTED).itertuples()}
    assert {("mvtec_per_category", "carpet"), ("datasets", "mnist")} <= found


def test_a_mean_within_rounding_is_explained():
    own = REPORTED[(REPORTED["table"] == "datasets") & (REPORTED["method"] == "ZARND")].copy()
    own.loc[own["row"] == "average", "robust_auroc"] = 39.9
    means = recomputed_means(own).set_index("measure")
    assert means.loc["robust_auroc", "explained"]
