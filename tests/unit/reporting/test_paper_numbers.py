"""The paper's numbers, held against each other, and beside ours."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cobra.metrics import Estimate
from cobra.reporting.tables.cells import MEAN, Cell, Result
from cobra.reporting.tables.paper_numbers import (
    comparison,
    headline_gains,
    impossible_cells,
    is_reduced,
    mark,
    paper_figure,
    read_reported,
    recomputed_means,
)
from cobra.reporting.tables.settings import TableSettings

PRINTED = read_reported(Path(__file__).parents[3] / "config" / "paper_tables.csv")


def one_mean(table, method, measure):
    means = recomputed_means(PRINTED)
    chosen = means[(means.table == table) & (means.method == method) & (means.measure == measure)]
    return chosen.iloc[0]


def test_the_robust_mean_of_zarnd_is_not_the_printed_one():
    mean = one_mean("datasets", "ZARND", "robust_auroc")
    assert mean.printed == 39.7
    assert mean.recomputed == pytest.approx(39.94)
    assert not mean.explained


def test_the_headline_gain_is_smaller_when_recomputed():
    gains = headline_gains(PRINTED).set_index("table").loc["datasets"]
    assert gains.printed == pytest.approx(26.1)
    assert gains.recomputed == pytest.approx(25.9, abs=0.05)


def test_tables_without_the_papers_method_have_no_gain():
    assert "loss_ablation" not in set(headline_gains(PRINTED)["table"])


def test_robust_above_clean_is_found_where_the_paper_prints_it():
    found = {(row.table, row.row) for row in impossible_cells(PRINTED).itertuples()}
    assert {("mvtec_per_category", "carpet"), ("datasets", "mnist")} <= found


def test_a_mean_within_rounding_is_explained():
    own = PRINTED[(PRINTED["table"] == "datasets") & (PRINTED["method"] == "ZARND")].copy()
    own.loc[own["row"] == "average", "robust_auroc"] = 39.9
    means = recomputed_means(own).set_index("measure")
    assert means.loc["robust_auroc", "explained"]


REPORTED = pd.DataFrame(
    [
        ("losses", "cifar10", "L_CL", 70.0, 50.0),
        ("losses", "cifar10", "L_COBRA+L_CLS", 80.0, 60.0),
        ("main", "cifar10", "COBRA", 81.0, 61.0),
        ("categories", "bottle", "COBRA", 82.0, 62.0),
        ("categories", "average", "COBRA", 83.0, 63.0),
    ],
    columns=["table", "row", "method", "clean_auroc", "robust_auroc"],
)
PAPERS = {"evaluation": {"attack": {"eps": "4/255"}}, "detector": {"adversary": {"eps": "4/255"}}, "data": []}


def settings(reported="losses", rows="methods", partial=()):
    layout = {
        "title": "T", "rows": rows, "datasets": ["cifar10"], "methods": ["cobra", "cl"], "attack": "pgd",
        "reported": reported,
    }  # fmt: skip
    cobra = {"label": "COBRA", "reported": ["COBRA", "L_COBRA+L_CLS"], "scores": ["similarity", "classifier"]}
    return TableSettings.model_validate(
        {
            "layout": layout,
            "classes": {"cifar10": ["bottle"]},
            "partial": list(partial),
            "paper_eps": {"cifar10": 4 / 255},
            "methods": {"cobra": cobra, "cl": {"label": "CL", "reported": "L_CL", "scores": ["similarity"]}},
            "seeds": [0],
            "bootstrap": {"resamples": 100},
        }
    )


@pytest.fixture
def cell(identity):
    """A cell with clean 80 [78, 82], robust 55 [53, 57]."""

    def made(method="cobra", score="similarity", normal=MEAN, run=True, **changes):
        figures = [Estimate(value, np.linspace(value - 2, value + 2, 101)) for value in (80.0, 55.0)]
        own = identity.model_copy(update={"settings": PAPERS | changes})
        return Cell("cifar10", normal, method, score, Result(*figures, [own], []) if run else None)

    return made


@pytest.mark.parametrize(
    ("table", "rows", "method", "normal", "expected"),
    [
        ("losses", "methods", "cl", MEAN, (70, 50)),
        ("losses", "methods", "cobra", MEAN, (80, 60)),
        ("main", "datasets", "cobra", MEAN, (81, 61)),  # a method has a name of its own in each table
        ("main", "datasets", "cl", MEAN, None),
        ("main", "datasets", "cobra", "bottle", None),  # the row is of the data set, not of a class
        ("categories", "classes", "cobra", "bottle", (82, 62)),
        ("categories", "classes", "cobra", MEAN, (83, 63)),
        (None, "methods", "cobra", MEAN, None),
    ],
)
def test_a_cell_has_the_figure_of_its_row_and_method(cell, table, rows, method, normal, expected):
    found = paper_figure(settings(table, rows), REPORTED, cell(method, normal=normal))
    assert (found and (found.clean, found.robust)) == expected


def test_the_paper_has_no_figure_for_a_method_s_further_scores(cell):
    assert paper_figure(settings(), REPORTED, cell(score="classifier")) is None


def test_inside_or_outside_of_our_interval(cell):
    assert comparison(settings(), REPORTED, cell()) == {
        "clean_paper": 80, "clean_difference": 0, "clean_comparison": "inside",
        "robust_paper": 60, "robust_difference": -5, "robust_comparison": "outside",
    }  # fmt: skip


FEWER_EPOCHS = {"detector": {"adversary": {"eps": "4/255"}, "schedule": {"epochs": 30}}}
OTHER_LOSS = {"detector": {"adversary": {"eps": "4/255"}, "objective": {"contrastive": "cl"}}}


@pytest.mark.parametrize(
    ("changes", "partial", "expected"),
    [
        ({}, [], False),
        (OTHER_LOSS, [], False),  # the paper's rows differ in it
        (FEWER_EPOCHS, [], True),
        ({"evaluation": {"attack": {"eps": "4/255", "steps": 20}}}, [], True),
        ({"data": ["resolution 16 (usual: 32)"]}, [], True),
        ({}, ["cifar10"], True),
    ],
)
def test_reduced_figures_are_marked_and_not_compared(cell, changes, partial, expected):
    chosen, made = settings(partial=partial), cell(**changes)
    assert is_reduced(chosen, made) == expected
    assert mark(chosen, "cifar10", [made]) == ("cifar10 (reduced)" if expected else "cifar10")
    told = comparison(chosen, REPORTED, made)["robust_comparison"]
    assert told == ("reduced" if expected else "outside")


def test_a_data_set_is_marked_only_where_all_of_it_is_reduced(cell):
    assert mark(settings(), "cifar10", [cell(), cell(**FEWER_EPOCHS)]) == "cifar10"
    assert mark(settings(), "cifar10", [cell(run=False)]) == "cifar10"


def test_without_a_figure_of_ours_the_papers_stands_alone(cell):
    found = comparison(settings(), REPORTED, cell(run=False))
    assert (found["robust_paper"], found["robust_comparison"]) == (60, "not run")
    assert np.isnan(found["robust_difference"])
    nothing = comparison(settings(None), REPORTED, cell())
    assert nothing["robust_comparison"] == "not reported"
    assert np.isnan(nothing["robust_paper"])
