"""ROC curves, clean and under attack."""

import numpy as np
import pandas as pd
import pytest
from figure_files import SUBJECTS, TRUTH, attacked, drawn, of, settings, write_scores
from matplotlib.colors import to_hex
from sklearn.metrics import auc

from cobra.metrics import auroc
from cobra.reporting.figures.drawing import render
from cobra.reporting.figures.kinds.roc import areas, collect, draw

SCORES = {"clean": drawn, "attacked": attacked}


@pytest.fixture
def curves(tmp_path, identity):
    return collect(settings("roc"), write_scores(tmp_path, identity))


@pytest.mark.parametrize("images", SCORES)
def test_the_area_under_each_curve_is_its_auroc(curves, images):
    for names in SUBJECTS:
        own = of(curves, names | {"images": images})
        area = auc(own["false_positive_rate"], own["true_positive_rate"])
        assert 100 * area == pytest.approx(auroc(SCORES[images](names), TRUTH), abs=1e-9)
        assert areas(curves)[(*names.values(), images)] == pytest.approx(100 * area, abs=1e-9)


def test_a_curve_runs_from_nothing_to_all_and_never_back(curves):
    grouped = curves.groupby(["normal", "method", "score", "seed", "images"])
    assert len(grouped) == 2 * len(SUBJECTS)
    for _, curve in grouped:
        rates = curve[["false_positive_rate", "true_positive_rate"]]
        assert (rates.iloc[0].tolist(), rates.iloc[-1].tolist()) == ([0, 0], [1, 1])
        assert (rates.diff().dropna() >= 0).all(axis=None)


def test_a_corner_is_the_rates_above_a_threshold(curves):
    names = SUBJECTS[0]
    scores = attacked(names)
    pairs = {(np.mean(scores[~TRUTH] >= level), np.mean(scores[TRUTH] >= level)) for level in scores}
    own = of(curves, names | {"images": "attacked"})
    corners = list(zip(own["false_positive_rate"], own["true_positive_rate"], strict=True))
    assert set(corners[1:]) <= pairs


def test_a_panel_shows_a_class_a_line_a_seed_solid_under_attack_and_dashed_clean(curves):
    figure = draw(curves, settings("roc"))
    panels = [panel for panel in figure.axes if panel.axison]
    assert [panel.get_title(loc="left") for panel in panels] == ["digits 0", "digits 3"]
    lines = panels[1].lines[1:]  # after the diagonal
    own = of(curves, {"normal": "3"}).groupby(["method", "score", "seed", "images"], sort=False)
    assert len(lines) == len(own) == 12
    colours = {}
    for line, ((method, score, _, images), curve) in zip(lines, own, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), curve["false_positive_rate"])
        np.testing.assert_array_equal(line.get_ydata(), curve["true_positive_rate"])
        assert (line.get_linestyle() == "-") == (images == "attacked")
        colours.setdefault((method, score), set()).add(to_hex(line.get_color()))
    assert [len(each) for each in colours.values()] == [1, 1, 1]
    assert len(set.union(*colours.values())) == 3


def test_the_legend_tells_the_mean_aurocs(curves):
    (legend,) = draw(curves, settings("roc")).legends
    assert legend.get_title().get_text() == "AUROC (%), mean of the 2 panels"
    pixels = [names for names in SUBJECTS if names["method"] == "pixels"]
    clean, under = (np.mean([auroc(scores(names), TRUTH) for names in pixels]) for scores in SCORES.values())
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts[2] == f"Pixels: {clean:.1f} clean, {under:.1f} attacked"
    assert texts[3:] == ["clean", "attacked"]


def test_a_score_to_which_the_attack_does_not_apply_has_no_curve(tmp_path, identity):
    pattern = write_scores(tmp_path, identity, without="margin")
    assert set(collect(settings("roc", ["pgd"]), pattern)["score"]) == {"similarity", "own"}


def test_ten_classes_fill_two_rows_of_five(curves):
    many = [of(curves, {"normal": "3"}).assign(normal=str(name)) for name in range(10)]
    figure = draw(pd.concat(many), settings("roc"))
    assert len([panel for panel in figure.axes if panel.axison]) == 10
    assert figure.axes[0].get_gridspec().get_geometry() == (2, 5)
    assert figure.get_size_inches()[0] <= 7.3


def test_a_seventh_method_is_told_from_the_first_by_its_marker(curves):
    one = of(curves, {"method": "pixels", "seed": 0})
    chosen = settings("roc")
    methods = {f"m{number}": chosen.methods["pixels"] for number in range(7)}
    many = pd.concat([one.assign(method=name) for name in methods])
    lines = draw(many, chosen.model_copy(update={"methods": methods})).axes[0].lines[1:]
    looks = {(line.get_color(), line.get_marker()) for line in lines}
    assert len(looks) == 7


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_the_picture_is_the_same_bytes_each_time(curves, suffix):
    first, again = (render(draw(curves, settings("roc")), suffix) for _ in range(2))
    assert first == again
