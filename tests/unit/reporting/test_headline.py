"""The result in one sentence: right in any order of the figures, and never more than they say."""

from copy import deepcopy

import numpy as np
import pandas as pd
import pytest

from cobra.attacks.settings import AttackSettings
from cobra.errors import UserError
from cobra.experiment.reading import make_config
from cobra.experiment.reporting_jobs import headline_settings
from cobra.reporting.tables.headline import Kept, answer, attack_in_short, headline

BASE = {
    "datasets": {"digits": {"classes": ["0", "3"], "eps": 0.1}, "fmnist": {}},
    "methods": {name: {"label": f"label {name}"} for name in ("cobra", "cl", "standard")},
    "attacks": {"pgd": {"steps": 10, "restarts": 2}, "apgd": {"kind": "apgd", "steps": 5, "eps": "4/255"}},
    "combinations": {"worst": {"parts": ["pgd", "apgd"]}},
    "tables": {
        name: {
            "title": "T", "rows": rows, "datasets": ["digits", "fmnist"],
            "methods": ["standard", "cl", "cobra"], "attack": "pgd",
        }
        for name, rows in (("losses", "methods"), ("classes", "classes"))
    },
    "headline": {"table": "losses", "methods": {"cobra": "L_COBRA", "cl": "L_CL", "standard": "standard"}},
}  # fmt: skip


def configured(**changes):
    return make_config(deepcopy(BASE) | changes, "config.yaml")


def kept(name, robust, spread=3.0, **others):
    return Kept(name, 96.0, robust, robust - spread, robust + spread, **others)


STANDARD = kept("standard training", 2.0)
LACKING = Kept("L_CL", np.nan, np.nan, np.nan, np.nan, lack="not run")


@pytest.mark.parametrize(
    ("figures", "sentence"),
    [
        ([kept("A", 47.8), kept("B", 16.3), STANDARD],
         "Under attack A keeps an AUROC of 47.8 %, more than B (16.3) and standard training (2.0)."),
        ([kept("A", 12.0), kept("B", 30.0), STANDARD],
         "Under attack A keeps an AUROC of 12.0 %, more than standard training (2.0), but less than "
         "B (30.0)."),
        ([kept("A", 2.0), kept("B", 30.0), kept("C", 20.0), kept("D", 10.0)],
         "Under attack A keeps an AUROC of 2.0 %, less than B (30.0), C (20.0) and D (10.0)."),
        ([kept("A", 47.8), kept("B", 45.0), STANDARD],
         "Under attack A keeps an AUROC of 47.8 %, more than standard training (2.0), but not told apart "
         "from B (45.0)."),
        ([kept("A", 2.0, 0.0), kept("B", 2.0, 0.0)],
         "Under attack A keeps an AUROC of 2.0 %, not told apart from B (2.0)."),
    ],
    ids=["as claimed", "between", "the reverse", "intervals overlap", "a tie"],
)  # fmt: skip
def test_it_says_who_keeps_more(figures, sentence):
    assert answer(figures) == sentence


def paired(name, robust, p_value, **others):
    """A method whose interval overlaps with all others', compared with one that keeps 40."""
    return kept(name, robust, 30.0, difference=robust - 40, p_value=p_value, **others)


@pytest.mark.parametrize(
    ("other", "relation"),
    [
        (paired("B", 38.0, 0.01), "more than B (38.0)"),
        (paired("B", 38.0, 0.06), "not told apart from B (38.0)"),
        (paired("B", 42.0, 0.01), "less than B (42.0)"),
        (paired("B", 42.0, 0.01, failed="4"), "not told apart from B (at most 42.0, fails gate 4)"),
    ],
)
def test_a_paired_test_decides_where_the_table_has_one(other, relation):
    assert answer([kept("A", 40.0, 30.0), other]) == f"Under attack A keeps an AUROC of 40.0 %, {relation}."


@pytest.mark.parametrize(
    ("figures", "sentence"),
    [
        ([kept("A", 47.8, failed="4, 5"), STANDARD],
         "Under attack A keeps an AUROC of at most 47.8 % (it fails gate 4, 5), not told apart from standard "
         "training (2.0)."),
        ([kept("A", 47.8), kept("B", 90.0, failed="4")],
         "Under attack A keeps an AUROC of 47.8 %, not told apart from B (at most 90.0, fails gate 4)."),
        ([kept("A", 47.8), kept("B", 16.3, failed="4")],
         "Under attack A keeps an AUROC of 47.8 %, more than B (at most 16.3, fails gate 4)."),
        ([kept("A", 47.8, failed="4"), kept("B", 90.0)],
         "Under attack A keeps an AUROC of at most 47.8 % (it fails gate 4), less than B (90.0)."),
    ],
    ids=["the first", "one above", "one below", "the first, below"],
)  # fmt: skip
def test_a_figure_that_fails_a_gate_is_an_upper_bound(figures, sentence):
    assert answer(figures) == sentence


def test_a_figure_that_lacks_is_named_and_compared_with_nothing():
    assert answer([kept("A", 47.8), LACKING, STANDARD]) == (
        "Under attack A keeps an AUROC of 47.8 %, more than standard training (2.0). No figure "
        "for L_CL (not run)."
    )
    assert answer([kept("A", 47.8), LACKING]) == (
        "Under attack A keeps an AUROC of 47.8 %. No figure for L_CL (not run)."
    )
    assert answer([LACKING, kept("A", 47.8), STANDARD]) == (
        "No result for L_CL under attack (not run). Of the others: A (47.8), standard training (2.0)."
    )


def row(method, robust, **others):
    return {
        "dataset": "digits", "class": "mean", "method": method, "score": "similarity", "attack": "pgd",
        "clean_auroc": 96.04, "robust_auroc": robust, "robust_low": robust - 3, "robust_high": robust + 3,
        "gates": "not judged", "score_files": "a.parquet", **others,
    }  # fmt: skip


ROWS = [
    row("standard", 2.0),
    row("cl", np.nan, clean_auroc=np.nan, score_files="not run: b.parquet"),
    row("cobra", 99.0, **{"class": "0"}),
    row("cobra", 98.0, dataset="fmnist"),
    row("cobra", 97.0, score="classifier"),
    row("cobra", 47.84, gates="fails 4 5"),
]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "losses.csv"
    pd.DataFrame(ROWS).to_csv(path, index=False)
    return path


def test_it_is_computed_from_the_means_of_the_table(table):
    made = headline(headline_settings(configured()), table)
    assert made.answer == (
        "Under attack L_COBRA keeps an AUROC of at most 47.8 % (it fails gate 4, 5), not told apart from "
        "standard (2.0). No figure for L_CL (not run)."
    )
    assert made.detail == (
        "Mean AUROC in % over 2 classes of digits: 100 is a perfect ranking, 50 a guess. Attack: PGD (10 "
        "steps, 2 restarts); each pixel changes by at most 10 % of its range. On clean images: "
        "L_COBRA 96.0, standard 96.0. Not told apart: the intervals overlap, or a figure is an upper bound."
    )


def test_another_data_set_of_the_table_may_be_named(table):
    chosen = headline_settings(configured(headline=BASE["headline"] | {"dataset": "fmnist"}))
    with pytest.raises(UserError, match=r"losses\.csv has no figures of cl: make the table again"):
        headline(chosen, table)


def test_of_a_combination_all_attacks_are_told():
    words = attack_in_short([AttackSettings(eps=0.1), AttackSettings(kind="apgd", steps=5, eps=0.1)])
    assert words.startswith("the worst score of each image under PGD (")
    assert " and APGD (5 steps, " in words
    assert words.count("each pixel changes") == 1
    tables = BASE["tables"] | {"losses": BASE["tables"]["losses"] | {"attack": "worst"}}
    assert [each.eps for each in headline_settings(configured(tables=tables)).attacks] == [0.1, 4 / 255]


def test_without_a_headline_there_are_no_settings():
    assert headline_settings(configured(headline=None)) is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"table": "loses"}, "headline.table names 'loses', which is none of: losses, classes"),
        ({"table": "classes"}, "headline.table names 'classes', which has rows classes and measure auroc"),
        ({"methods": {"cobra": "A", "cls": "B"}},
         "headline.methods names 'cls', which is none of: standard, cl, cobra"),
        ({"methods": {"cobra": "A"}}, "headline.methods: "),
        ({"dataset": "mnist"}, "headline.dataset names 'mnist', which is none of: digits, fmnist"),
        ({"figure": "roc"}, r"headline.figure names 'roc', which is none of: \(there are none\)"),
        ({"tables": "losses"}, "headline.tables is not a setting"),
    ],
)  # fmt: skip
def test_a_headline_of_what_is_not_there_is_refused(changes, sentence):
    with pytest.raises(UserError, match=sentence):
        configured(headline=BASE["headline"] | changes)
