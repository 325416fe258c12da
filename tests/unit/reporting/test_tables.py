from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cobra.errors import UserError
from cobra.metrics import Estimate
from cobra.reporting.tables.cells import MEAN, Cell, Result
from cobra.reporting.tables.labels import line_name
from cobra.reporting.tables.paper_numbers import read_reported
from cobra.reporting.tables.settings import BootstrapSettings, MethodShown, TableLayout, TableSettings
from cobra.reporting.tables.table import table_frame

ROOT = Path(__file__).resolve().parents[3]
REPORTED = pd.DataFrame(
    [
        ("datasets", "digits", "COBRA", 90.0, 80.0),
        ("datasets", "fmnist", "COBRA", 91.04, 81.06),
        ("datasets", "average", "COBRA", 92.0, 82.0),
        ("datasets", "digits", "CSI", 50.0, 0.0),
        ("ablation", "digits", "COBRA", 1.0, 1.0),
    ],
    columns=["table", "row", "method", "clean_auroc", "robust_auroc"],
)


def settings(**layout):
    shown = {
        "title": "T",
        "rows": "methods",
        "datasets": ["digits", "fmnist"],
        "methods": ["cobra", "own"],
        "attack": "pgd",
        "reported": "datasets",
    }
    methods = {
        "cobra": MethodShown(label="COBRA (ours)", reported="COBRA", scores=["similarity", "classifier"]),
        "own": MethodShown(label="Own", reported=[], scores=["similarity"]),
    }
    return TableSettings(
        layout=TableLayout.model_validate(shown | layout),
        classes={"digits": ["0"], "fmnist": ["bag"]},
        paper_eps={"digits": 4 / 255, "fmnist": 4 / 255},
        methods=methods,
        seeds=[0],
        bootstrap=BootstrapSettings(resamples=100),
    )


def result(clean, robust):
    return Result(*(Estimate(v, np.array([v - 2.0, v + 2.0])) for v in (clean, robust)), [], [])


def cells(found=None):
    """Mean cells with figures that tell which they are; a class's own cell must not show."""
    made = []
    for dataset, plus in (("digits", 0), ("fmnist", 10)):
        for method, score, value in (
            ("cobra", "similarity", 60),
            ("cobra", "classifier", 70),
            ("own", "similarity", 80),
        ):
            own = found or result(value + plus, value + plus - 30)
            made += [Cell(dataset, "0", method, score, result(1, 1)), Cell(dataset, MEAN, method, score, own)]
    return made


def by_name(frame):
    return frame.set_index(frame.columns[0])


def test_methods_as_rows_with_the_paper_beside_each_data_set():
    frame = table_frame(settings(), cells(), REPORTED)
    assert list(frame.columns) == ["Method", "digits", "digits (paper)", "fmnist", "fmnist (paper)",
                                   "average", "average (paper)"]  # fmt: skip
    assert list(frame["Method"]) == ["COBRA (ours)", "COBRA (ours), classifier score", "Own"]
    table = by_name(frame)
    assert table.loc["COBRA (ours)", "digits"].startswith("60.0 / 30.0 [28.")
    assert table.loc["COBRA (ours), classifier score", "fmnist"].startswith("80.0 / 50.0")
    assert table.loc["COBRA (ours)", "fmnist (paper)"] == "91.0 / 81.1 (ours: -21.0 outside, -41.1 outside)"
    assert table.loc["COBRA (ours)", "average"].startswith("65.0 / 35.0")
    assert table.loc["COBRA (ours)", "average (paper)"] == "92.0 / 82.0"
    assert table.loc["COBRA (ours), classifier score", "digits (paper)"] == "–"  # the paper has no such score
    assert table.loc["Own", "digits (paper)"] == "–"


def test_data_sets_as_rows_with_the_papers_methods_beside():
    table = by_name(table_frame(settings(rows="datasets"), cells(), REPORTED))
    assert list(table.index) == ["digits", "fmnist", "average"]
    assert list(table.columns) == [
        "COBRA (ours)",
        "COBRA (ours), classifier score",
        "Own",
        "COBRA (paper)",
        "CSI (paper)",
    ]
    assert table.loc["fmnist", "Own"].startswith("90.0 / 60.0")
    assert table.loc["digits", "CSI (paper)"] == "50.0 / 0.0"
    assert table.loc["fmnist", "CSI (paper)"] == "–"


CATEGORIES = pd.DataFrame(
    [("mvtec", row, "COBRA", 90.0, 60.0) for row in ("bottle", "cable", "average")],
    columns=REPORTED.columns,
)


def of_classes(datasets, classes):
    """Cells of every class that tell which they are, and the table that shows them."""
    layout = {"rows": "classes", "datasets": list(datasets), "methods": ["cobra"], "reported": "mvtec"}
    update = {"classes": {name: list(classes) for name in datasets}}
    shown = settings(**layout).model_copy(update=update)
    made = [
        Cell(dataset, normal, "cobra", "similarity", result(value, value - 30))
        for dataset in datasets
        for value, normal in zip((60, 70, 65), (*classes, MEAN), strict=True)
    ]
    return shown, made


def test_classes_as_rows_and_their_mean_last():
    shown, made = of_classes(["mvtec"], ["bottle", "cable"])
    frame = table_frame(shown, made, CATEGORIES)
    assert list(frame.columns) == ["Class", "COBRA (ours)", "COBRA (paper)"]
    assert list(frame["Class"]) == ["bottle", "cable", "mean"]
    assert by_name(frame).loc["cable", "COBRA (ours)"].startswith("70.0 / 40.0 [38.")
    assert by_name(frame)["COBRA (paper)"].str.startswith("90.0 / 60.0").all()


def test_the_papers_mean_stands_only_beside_a_mean_over_the_same_classes():
    shown, made = of_classes(["mvtec"], ["bottle", "screw"])
    table = by_name(table_frame(shown, made, CATEGORIES))
    assert table["COBRA (paper)"].tolist()[1:] == ["–", "–"]


def test_a_single_class_has_no_mean_beside_it():
    shown, made = of_classes(["mvtec"], ["bottle", "cable"])
    one = shown.model_copy(update={"classes": {"mvtec": ["bottle"]}})
    frame = table_frame(one, [cell for cell in made if cell.normal != "cable"], CATEGORIES)
    assert list(frame["Class"]) == ["bottle"]


def test_classes_of_several_data_sets_are_told_apart():
    table = by_name(table_frame(*of_classes(["mvtec", "visa"], ["a", "b"]), REPORTED))
    assert list(table.index) == ["mvtec a", "mvtec b", "mvtec mean", "visa a", "visa b", "visa mean"]


@pytest.mark.parametrize("rows", ["methods", "datasets"])
def test_the_papers_average_is_left_out_where_not_all_its_data_sets_are_shown(rows):
    one = [cell for cell in cells() if cell.dataset == "digits"]
    frame = table_frame(settings(rows=rows, datasets=["digits"]), one, REPORTED)
    assert "92.0 / 82.0" not in frame.to_string()
    assert "90.0 / 80.0" in frame.to_string()
    assert "average" not in frame.to_string()  # ours neither: it would be the one data set


@pytest.mark.parametrize("rows", ["methods", "datasets"])
@pytest.mark.parametrize("reported", [None, "nothing of that name"])
def test_without_numbers_of_the_paper_ours_stand_alone(rows, reported):
    frame = table_frame(settings(rows=rows, reported=reported), cells(), REPORTED)
    assert not [column for column in frame.columns if "paper" in column]
    assert "60.0 / 30.0" in frame.to_string()


@pytest.mark.parametrize("rows", ["methods", "datasets"])
def test_what_was_not_run_says_so_and_has_no_average(rows):
    gone = [
        Cell("fmnist", MEAN, "own", "similarity", None, Path("gone"))
        if (cell.dataset, cell.normal, cell.method) == ("fmnist", MEAN, "own") else cell
        for cell in cells()
    ]  # fmt: skip
    table = by_name(table_frame(settings(rows=rows), gone, REPORTED))
    table = table.T if rows == "datasets" else table
    assert table.loc["Own", "fmnist"] == table.loc["Own", "average"] == "not run"
    assert table.loc["Own", "digits"].startswith("80.0")


def failing(*gates):
    return replace(result(60, 30), failed=frozenset(gates))


@pytest.mark.parametrize("rows", ["methods", "datasets"])
def test_a_figure_that_failed_gates_is_an_upper_bound(rows):
    found = [
        replace(cell, result=failing(*([5, 4] if cell.dataset == "digits" else []))) if cell.method == "own"
        else replace(cell, result=failing())
        for cell in cells()
    ]  # fmt: skip
    table = by_name(table_frame(settings(rows=rows), found, REPORTED))
    table = table.T if rows == "datasets" else table
    bound = "60.0 / <= 30.0 [28.1, 31.9] (fails gate 4, 5)"
    assert table.loc["Own", ["digits", "average"]].tolist() == [bound, bound]  # the average fails it, too
    assert table.loc["Own", "fmnist"] == table.loc["COBRA (ours)", "digits"] == "60.0 / 30.0 [28.1, 31.9]"


@pytest.mark.parametrize("rows", ["methods", "datasets"])
def test_what_does_not_apply_says_so_and_so_does_its_average(rows):
    found = [
        replace(cell, result=None, applies=False) if cell.score == "classifier" else cell for cell in cells()
    ]
    table = by_name(table_frame(settings(rows=rows), found, REPORTED))
    table = table.T if rows == "datasets" else table
    line = table.loc["COBRA (ours), classifier score", ["digits", "fmnist", "average"]]
    assert line.tolist() == ["not applicable"] * 3


@pytest.mark.parametrize(
    ("method", "score", "expected"),
    [
        ("cobra", "similarity", "COBRA (ours)"),
        ("cobra", "classifier", "COBRA (ours), classifier score"),
        ("own", "own", "Own"),
    ],
)
def test_a_line_names_the_score_unless_it_goes_without_saying(method, score, expected):
    assert line_name(settings().methods, method, score) == expected


def test_the_papers_numbers_are_read():
    frame = read_reported(ROOT / "config" / "paper_tables.csv")
    assert {"datasets", "loss_ablation"} <= set(frame["table"])
    is_known = frame[["clean_auroc", "robust_auroc"]].map(np.isfinite)
    # at epoch 60 of the poster's curve for MVTec AD the two curves hide each other
    unknown = frame[~is_known.all(axis=1)][["table", "row"]].to_numpy().tolist()
    assert unknown == [["training_curve_mvtec", "epoch 60"]]
    assert not frame.duplicated(["table", "row", "method"]).any()


@pytest.mark.parametrize(
    ("content", "part"), [(None, "does not exist"), ("a,b\n1,2\n", "must have the columns table")]
)
def test_other_files_are_refused(tmp_path, content, part):
    path = tmp_path / "reported.csv"
    if content:
        path.write_text(content)
    with pytest.raises(UserError, match=part):
        read_reported(path)
