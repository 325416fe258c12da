"""Differences between methods on the same images: paired, over classes and seeds, corrected."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from cell_files import ALL, EMPTY, PATTERN, SETTINGS, TRUTH, scores, write_scores

from cobra.metrics import auroc, difference, estimate_auroc, holm, mean_estimate
from cobra.reporting.tables.cells import MEAN, Patterns, collect_cells
from cobra.reporting.tables.differences import difference_notes, difference_texts, differences
from cobra.reporting.tables.settings import TableLayout
from cobra.reporting.tables.table import cells_frame

LAYOUT = SETTINGS.layout.model_copy(update={"rows": "methods", "differences": "cobra"})
COMPARED = SETTINGS.model_copy(update={"layout": LAYOUT})


@pytest.fixture
def cells(tmp_path, identity):
    for names in ALL:
        partial(write_scores, tmp_path, identity)(**names)
    return collect_cells(COMPARED, Patterns(str(tmp_path / PATTERN)))


def of(method, score):
    return [names for names in ALL if (names["method"], names["score"]) == (method, score)]


def test_a_difference_is_the_mean_over_classes_and_seeds_against_the_same_score_or_the_first(cells):
    found = differences(COMPARED, cells)
    assert set(found) == {("digits", "cl", "similarity")}
    values = [
        [auroc(scores(str(names))["attacked"], TRUTH) for names in of(method, "similarity")]
        for method in ("cl", "cobra")
    ]
    assert found["digits", "cl", "similarity"].value == pytest.approx(np.subtract(*values).mean())


def test_the_interval_is_that_of_paired_differences(cells):
    ids = np.arange(len(TRUTH))
    paired = {}
    for one, other in zip(of("cl", "similarity"), of("cobra", "similarity"), strict=True):
        estimates = [
            estimate_auroc(scores(str(names))["attacked"], TRUTH, ids, 100, "digits")
            for names in (one, other)
        ]
        paired.setdefault(one["normal"], []).append(difference(*estimates))
    seeds = [mean_estimate(each, redrawn=True) for each in paired.values()]
    expected = mean_estimate(seeds)
    found = differences(COMPARED, cells)["digits", "cl", "similarity"]
    assert (found.low, found.high) == pytest.approx(expected.interval(COMPARED.bootstrap.confidence))
    assert found.p_value == pytest.approx(holm([expected.p_value])[0])


def test_a_table_shows_them_in_text_in_numbers_and_in_a_note(cells):
    its = differences(COMPARED, cells)["digits", "cl", "similarity"]
    text = difference_texts(COMPARED, cells)
    assert list(text) == [f"digits, less {COMPARED.methods['cobra'].label}"]
    assert text.iloc[:, 0].tolist() == [its.text]
    assert its.text.startswith(f"{its.value:+.1f} [{its.low:+.1f}, {its.high:+.1f}], p = ")
    frame = cells_frame(cells, COMPARED, EMPTY)
    compared = frame[(frame["method"] == "cl") & (frame["class"] == MEAN)].iloc[0]
    assert compared["paired_difference"] == pytest.approx(its.value, abs=1e-3)
    assert compared["paired_p"] == pytest.approx(its.p_value, abs=1e-3)
    assert pd.isna(frame[frame["class"] != MEAN]["paired_p"]).all()
    (note,) = difference_notes(COMPARED, cells)
    assert "image by image and seed by seed" in note
    assert "adjusted for their number, 1" in note


def test_without_it_a_table_has_none(cells):
    assert differences(SETTINGS, cells) == {}
    assert not any("paired" in name for name in cells_frame(cells, SETTINGS, EMPTY))
    assert difference_notes(SETTINGS, cells) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rows": "classes"}, "differences needs rows: methods"),
        ({"measure": "accuracy"}, "measure: auroc"),
        ({"differences": "absent"}, "differences names absent, which methods does not"),
    ],
)
def test_what_cannot_be_compared_is_refused(change, told):
    with pytest.raises(ValueError, match=told):
        TableLayout.model_validate(LAYOUT.model_dump() | change)
