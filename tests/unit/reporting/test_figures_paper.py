"""The paper's figures and ours."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex, to_rgba
from matplotlib.text import Annotation, Text

from cobra.errors import UserError
from cobra.reporting.figures.drawing import render
from cobra.reporting.figures.kinds.paper import GAP, MARKS, REDUCED, collect, draw, spread
from cobra.reporting.figures.settings import FigureSettings
from cobra.sharing.manifest import Made
from cobra.sharing.recompute import differences, make_again

METHODS = {
    "cobra": {"label": "COBRA", "scores": ["similarity"]},
    "cl": {"label": "CL", "scores": ["similarity"]},
}
LAYOUT = {"kind": "paper", "title": "A title", "tables": ["main", "more"]}
SETTINGS = FigureSettings.model_validate({"layout": LAYOUT, "classes": {}, "methods": METHODS, "seeds": [0]})
PATHS = "out/tables/{table}.csv"


def cell(dataset, normal, method, clean, robust, comparison):
    """A row of a table: ours a point above the paper's (which may be None), from 2 below it to 1 above."""
    row = {"dataset": dataset, "class": normal, "method": method, "score": "similarity", "attack": "pgd"}
    for name, paper in (("clean", clean), ("robust", robust)):
        ours = 50.0 if paper is None else paper + 1
        ends = {f"{name}_low": ours - 2, f"{name}_high": ours + 1}
        row |= {f"{name}_auroc": ours, **ends, f"{name}_paper": paper, f"{name}_comparison": comparison}
    return row | {"gates": "pass", "score_files": "a b"}


MAIN = [
    cell("digits", "0", "cobra", None, None, "not reported"),
    cell("digits", "mean", "cobra", 90.5, 41.5, "outside"),
    cell("fmnist", "mean", "cobra", 80.0, 30.0, "reduced"),
]
MORE = [cell("digits", "3", "cl", 70.25, 0.0, "inside")]
WITHOUT = [cell("digits", "0", "cobra", None, None, "not reported")]


@pytest.fixture
def pattern(tmp_path):
    """Where tables lie, of which the figure shows two."""
    written = str(tmp_path / PATHS)
    (tmp_path / "out/tables").mkdir(parents=True)
    write(written, main=MAIN, more=MORE)
    return written


def write(pattern, **tables):
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(pattern.format(table=name), index=False)


def markers(figure):
    """(x, y), colour and whether it is hollow of each point drawn."""
    found = []
    for points in figure.axes[0].collections:
        if not isinstance(points, PathCollection) or not len(points.get_offsets()):
            continue
        (edge,) = points.get_edgecolors()
        for place, face in zip(points.get_offsets().tolist(), points.get_facecolors(), strict=True):
            found.append((*place, to_hex(edge), tuple(face) == to_rgba("white")))
    return found


def test_the_numbers_are_those_of_the_tables_that_the_paper_has_too(pattern):
    points = collect(SETTINGS, pattern)
    keys = ["table", "dataset", "class", "method", "images", "paper", "ours", "low", "high", "comparison"]
    assert points[keys].to_numpy().tolist() == [
        ["main", "digits", "mean", "cobra", "clean", 90.5, 91.5, 89.5, 92.5, "outside"],
        ["main", "fmnist", "mean", "cobra", "clean", 80.0, 81.0, 79.0, 82.0, "reduced"],
        ["main", "digits", "mean", "cobra", "robust", 41.5, 42.5, 40.5, 43.5, "outside"],
        ["main", "fmnist", "mean", "cobra", "robust", 30.0, 31.0, 29.0, 32.0, "reduced"],
        ["more", "digits", "3", "cl", "clean", 70.25, 71.25, 69.25, 72.25, "inside"],
        ["more", "digits", "3", "cl", "robust", 0.0, 1.0, -1.0, 2.0, "inside"],
    ]


def test_a_figure_of_ours_that_is_missing_is_no_point(pattern):
    lacking = cell("svhn", "mean", "cobra", 90.0, 40.0, "not run")
    lacking |= {f"{name}_{what}": None for name in ("clean", "robust") for what in ("auroc", "low", "high")}
    write(pattern, main=[*MAIN, lacking])
    assert "svhn" not in set(collect(SETTINGS, pattern)["dataset"])


def test_a_class_may_be_called_na(pattern):
    write(pattern, more=[cell("digits", "NA", "cl", 70.0, 1.0, "inside")])
    assert collect(SETTINGS, pattern)["class"].tolist()[-1] == "NA"


def test_points_stand_where_the_figures_are_hollow_where_the_settings_are_reduced(pattern):
    found = markers(draw(collect(SETTINGS, pattern), SETTINGS))
    clean, robust = (to_hex(colour) for _, colour in MARKS.values())
    assert sorted(found) == [
        (0.0, 1.0, robust, False),
        (30.0, 31.0, robust, True),
        (41.5, 42.5, robust, False),
        (70.25, 71.25, clean, False),
        (80.0, 81.0, clean, True),
        (90.5, 91.5, clean, False),
    ]


def test_bars_reach_over_the_intervals(pattern):
    bars = [segment for lines in draw(collect(SETTINGS, pattern), SETTINGS).axes[0].collections
            if isinstance(lines, LineCollection) for segment in lines.get_segments()]  # fmt: skip
    assert [[41.5, 40.5], [41.5, 43.5]] in [bar.tolist() for bar in bars]
    assert len(bars) == 6


def test_hollow_is_explained_where_something_is(pattern):
    assert draw(collect(SETTINGS, pattern), SETTINGS).get_supxlabel() == REDUCED
    write(pattern, main=MAIN[:2])
    assert draw(collect(SETTINGS, pattern), SETTINGS).get_supxlabel() == ""


def labels(figure):
    """The labels as they lie in the picture."""
    FigureCanvasAgg(figure).draw()
    return [text for text in figure.axes[0].texts if isinstance(text, Annotation)]


def test_few_points_are_named_without_overlap(pattern):
    figure = draw(collect(SETTINGS, pattern), SETTINGS)
    named = {text.xy: text.get_text() for text in labels(figure)}
    assert named[41.5, 42.5] == "digits, COBRA"
    assert named[70.25, 71.25] == "digits 3, CL"
    boxes = [Text.get_window_extent(text) for text in labels(figure)]
    assert all(one.y1 < other.y0 for one, other in pairwise(boxes))
    assert max(box.x1 for box in boxes) < figure.bbox.x1


def test_a_point_is_named_by_its_attack_where_there_are_several(pattern):
    write(pattern, more=[MORE[0] | {"attack": "apgd"}])
    named = {text.xy: text.get_text() for text in labels(draw(collect(SETTINGS, pattern), SETTINGS))}
    assert (named[41.5, 42.5], named[70.25, 71.25]) == ("digits, COBRA, pgd", "digits 3, CL, apgd")


def test_the_longest_label_stays_in_the_picture(pattern):
    long = {"cobra": METHODS["cobra"] | {"label": "standard training, L_COBRA + L_CLS"}, "cl": METHODS["cl"]}
    whole = SETTINGS.model_dump() | {"methods": long}
    write(pattern, main=[cell("imagenet30", "american_alligator", "cobra", 99.0, 98.0, "inside")] * 4)
    figure = draw(collect(SETTINGS, pattern), FigureSettings.model_validate(whole))
    assert max(Text.get_window_extent(text).x1 for text in labels(figure)) < figure.bbox.x1


def test_many_points_have_no_names(pattern):
    write(pattern, main=MAIN * 3)
    figure = draw(collect(SETTINGS, pattern), SETTINGS)
    assert (len(markers(figure)), labels(figure)) == (14, [])


@pytest.mark.parametrize(
    ("heights", "expected"),
    [
        ([10, 50, 90], [10, 50, 90]),
        ([10, 11, 12], [10, 14.5, 19]),
        ([97, 98, 99], [91, 95.5, 100]),
        ([50], [50]),
    ],
)
def test_labels_are_spread(heights, expected):
    assert spread(heights, GAP) == expected


def test_where_the_paper_has_nothing_a_sentence_says_so(pattern):
    write(pattern, main=WITHOUT, more=WITHOUT)
    points = collect(SETTINGS, pattern)
    assert len(points) == 0
    (text,) = draw(points, SETTINGS).axes[0].texts
    assert " ".join(text.get_text().split()) == (
        "No row of main or more has a figure of the paper and one of ours."
    )


def test_a_table_that_lacks_is_named(pattern, tmp_path):
    (tmp_path / "out/tables/more.csv").unlink()
    with pytest.raises(UserError, match=r"more\.csv does not exist: make it first\.$"):
        collect(SETTINGS, pattern)


@pytest.mark.parametrize("column", ["robust_paper", "clean_low", "score"])
def test_a_table_without_a_column_is_named(pattern, column):
    write(pattern, more=[{key: value for key, value in MORE[0].items() if key != column}])
    with pytest.raises(UserError, match=rf"more\.csv has no column {column}: make it again\.$"):
        collect(SETTINGS, pattern)


@pytest.mark.parametrize("content", ["", "a,b\n1,2,3\n", "\0\xff"])
def test_a_damaged_table_is_told_in_a_sentence(pattern, tmp_path, content):
    (tmp_path / "out/tables/more.csv").write_bytes(content.encode("latin1"))
    with pytest.raises(UserError, match=r"more\.csv .*: make it again\.$"):
        collect(SETTINGS, pattern)


def test_a_number_that_is_none_is_told_in_a_sentence(pattern):
    write(pattern, more=[MORE[0] | {"robust_low": "low"}])
    with pytest.raises(UserError, match=r"more\.csv is damaged .*low.*: make it again\.$"):
        collect(SETTINGS, pattern)


@pytest.mark.parametrize("tables", [{"main": MAIN, "more": MORE}, {"main": WITHOUT, "more": WITHOUT}])
def test_its_numbers_are_made_again_for_a_bundle(pattern, tmp_path, tables):
    write(pattern, **tables)
    made = Made(path="out/figures/paper.csv", kind="figure", files=PATHS, settings=SETTINGS.model_dump())
    (tmp_path / "out/figures").mkdir()
    collect(SETTINGS, pattern).to_csv(tmp_path / made.path, index=False)
    assert list(differences(tmp_path, made, make_again(tmp_path, made))) == []
    write(pattern, main=[cell("digits", "mean", "cobra", 90.5, 11.5, "outside")])
    assert len(list(differences(tmp_path, made, make_again(tmp_path, made)))) == 1


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_the_picture_is_the_same_bytes_each_time(pattern, suffix):
    points = collect(SETTINGS, pattern)
    first, again = (render(draw(points, SETTINGS), suffix) for _ in range(2))
    assert first == again
    assert np.isfinite(points["paper"]).all()
