from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from samples import deep_merge

from cobra.errors import UserError
from cobra.metrics import Estimate
from cobra.reporting.cells import MEAN, Cell, Result
from cobra.reporting.tables import notes, read_reported, table_frame
from cobra.settings.tables import BootstrapSettings, MethodShown, TableLayout, TableSettings

ROOT = Path(__file__).resolve().parents[2]
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
        "own": MethodShown(label="Own", reported=None, scores=["similarity"]),
    }
    return TableSettings(
        layout=TableLayout.model_validate(shown | layout),
        classes={"digits": ["0"], "fmnist": ["bag"]},
        paper_eps={"digits": 4 / 255, "fmnist": 4 / 255},
        methods=methods,
        seeds=[0],
        bootstrap=BootstrapSettings(resamples=100),
    )


def result(clean, robust, identity=None):
    def estimate(value):
        return Estimate(value, np.array([value - 2.0, value + 2.0]))

    return Result(estimate(clean), estimate(robust), [identity] if identity else [], [])


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
    assert table.loc["COBRA (ours)", "fmnist (paper)"] == "91.0 / 81.1"
    assert table.loc["COBRA (ours)", "average"].startswith("65.0 / 35.0")
    assert table.loc["COBRA (ours)", "average (paper)"] == "92.0 / 82.0"
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


PAPER = {
    "evaluation": {"attack": {"eps": "4/255"}},
    "detector": {"adversary": {"eps": "4/255"}},
    "data": [],
}
REDUCED = {
    "evaluation": {"attack": {"eps": "4/255", "steps": 20, "restarts": 2, "step_ratios": [2.5, 5]}},
    "detector": {"adversary": {"eps": "4/255"}, "schedule": {"epochs": 30}},
    "data": ["one image is missing"],
}
SHARED = (
    "Not the paper's setting: attack.restarts 2 (paper: 10), attack.steps 20 (paper: 1000), "
    "digits: one image is missing, schedule.epochs 30 (paper: 100)."
)


def made_with(identity, settings_of_line):
    """Mean cells of two methods whose score files were made with the given settings, None: not run."""
    found = []
    for method, made in settings_of_line.items():
        own = result(1, 1, identity.model_copy(update={"settings": made})) if made else None
        found.append(Cell("digits", MEAN, method, "similarity", own, None if made else Path("gone")))
    return found


def departures_in(notes_below):
    return [note for note in notes_below if "Not the paper" in note or "besides" in note]


def test_the_papers_own_settings_need_no_note(identity):
    assert departures_in(notes(settings(), made_with(identity, {"cobra": PAPER, "own": PAPER}))) == []


def test_departures_of_all_lines_are_told_once_and_others_with_their_line(identity):
    own = deep_merge(REDUCED, {"detector": {"model": {"width": 8}, "adversary": {"enabled": False}}})
    found = departures_in(notes(settings(), made_with(identity, {"cobra": REDUCED, "own": own})))
    assert found == [
        SHARED,
        "Own, besides: adversary.enabled False (paper: True), model.width 8 (paper: 64).",
    ]


def test_a_line_that_was_not_run_hides_no_departure_of_the_others(identity):
    assert departures_in(notes(settings(), made_with(identity, {"cobra": REDUCED, "own": None}))) == [SHARED]


def test_notes_name_classes_seeds_attack_and_interval(identity):
    text = " ".join(notes(settings(), made_with(identity, {"cobra": REDUCED})))
    for part in (
        "digits (0); fmnist (bag); 1 seed.",
        "95 % bootstrap interval",
        "Attack on digits: PGD, 20 steps x 2 restarts, step size 2.5, 5 x eps / steps, eps 0.01569, ",
    ):
        assert part in text


def test_the_papers_numbers_are_read():
    frame = read_reported(ROOT / "config" / "reported.csv")
    assert {"datasets", "loss_ablation"} <= set(frame["table"])
    assert frame[["clean_auroc", "robust_auroc"]].map(np.isfinite).all(axis=None)
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
