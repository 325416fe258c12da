"""Robust AUROC over clean AUROC."""

import numpy as np
import pandas as pd
import pytest

from cobra.errors import UserError
from cobra.reporting.figures.drawing import render
from cobra.reporting.figures.kinds.tradeoff import NUMBERS, collect, draw
from cobra.reporting.figures.settings import FigureSettings

METHODS = {name: {"label": name.upper(), "scores": ["similarity"]} for name in ("cobra", "cl", "cls")}
LAYOUT = {"kind": "tradeoff", "title": "A title", "tables": ["main", "more"]}
SETTINGS = FigureSettings.model_validate({"layout": LAYOUT, "classes": {}, "methods": METHODS, "seeds": [0]})


def cell(dataset, normal, method, clean, robust):
    row = {"dataset": dataset, "class": normal, "method": method, "score": "similarity", "attack": "pgd"}
    for name, value in (("clean", clean), ("robust", robust)):
        row |= {f"{name}_auroc": value, f"{name}_low": value - 2, f"{name}_high": value + 1}
    return row


MAIN = [
    cell("digits", "0", "cobra", 97.0, 40.0),
    cell("digits", "3", "cobra", 93.0, 20.0),
    cell("digits", "mean", "cobra", 95.0, 30.0),
    cell("digits", "mean", "cl", 90.0, 10.0),
]
MORE = [MAIN[2], cell("digits", "mean", "cls", 99.0, 5.0), cell("fmnist", "bag", "cobra", 88.0, 44.0)]


@pytest.fixture
def pattern(tmp_path):
    written = str(tmp_path / "{table}.csv")
    write(written, main=MAIN, more=MORE)
    return written


def write(pattern, **tables):
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(pattern.format(table=name), index=False)


def test_a_point_is_the_mean_over_classes_or_the_one_class_and_stands_once(pattern):
    points = collect(SETTINGS, pattern)
    assert points[["dataset", "class", "method", "clean_auroc", "robust_auroc"]].to_numpy().tolist() == [
        ["digits", "mean", "cobra", 95.0, 30.0],
        ["digits", "mean", "cl", 90.0, 10.0],
        ["digits", "mean", "cls", 99.0, 5.0],
        ["fmnist", "bag", "cobra", 88.0, 44.0],
    ]
    assert points.loc[0, ["clean_low", "clean_high", "robust_low", "robust_high"]].tolist() == [
        93,
        96,
        28,
        31,
    ]


def test_a_method_without_a_figure_is_left_out(pattern):
    write(pattern, more=[cell("digits", "mean", "cls", np.nan, np.nan)])
    assert collect(SETTINGS, pattern)["method"].tolist() == ["cobra", "cl"]


def test_a_table_that_lacks_or_is_of_another_measure_is_told_in_a_sentence(pattern, tmp_path):
    write(pattern, more=[{"dataset": "digits", "class": "0", "method": "m", "score": "s", "attack": "fab"}])
    with pytest.raises(UserError, match=rf"more\.csv has no column {NUMBERS[0]}.*: make it again"):
        collect(SETTINGS, pattern)
    (tmp_path / "more.csv").unlink()
    with pytest.raises(UserError, match=r"more\.csv does not exist: make it first"):
        collect(SETTINGS, pattern)


def test_both_intervals_go_through_each_point(pattern):
    panels = draw(collect(SETTINGS, pattern), SETTINGS).axes
    assert [panel.get_title() for panel in panels] == ["digits, under pgd", "fmnist, bag, under pgd"]
    (across, up), *_ = [container[2] for container in panels[0].containers]
    assert across.get_segments()[0].tolist() == [[93.0, 30.0], [96.0, 30.0]]
    assert up.get_segments()[0].tolist() == [[95.0, 28.0], [95.0, 31.0]]
    assert len(panels[0].containers) == 3
    assert len(panels[1].containers) == 1


def test_a_method_looks_alike_in_all_panels_and_unlike_the_others(pattern):
    figure = draw(collect(SETTINGS, pattern), SETTINGS)
    looks = [
        (container[0].get_color(), container[0].get_marker())
        for panel in figure.axes
        for container in panel.containers
    ]
    assert looks[0] == looks[3]
    assert len(set(looks)) == 3
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["COBRA", "CL", "CLS"]


def test_an_interval_that_leaves_its_figure_out_has_no_negative_arm(pattern):
    row = MAIN[3] | {"robust_low": 10.5, "robust_high": 12.0}
    write(pattern, main=[row], more=[row])
    (container,) = draw(collect(SETTINGS, pattern), SETTINGS).axes[0].containers
    assert container[2][1].get_segments()[0].tolist() == [[90.0, 10.0], [90.0, 12.0]]


def test_a_figure_is_the_same_bytes_each_time(pattern):
    points = collect(SETTINGS, pattern)
    assert render(draw(points, SETTINGS), ".png") == render(draw(points, SETTINGS), ".png")
