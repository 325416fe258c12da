"""Score files to cells: figures, their means and their intervals; what is missing."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from cell_files import ALL, EMPTY, PATTERN, SETTINGS, TRUTH, by_place, scores, subject, write_scores

from cobra.errors import UserError
from cobra.metrics import auroc
from cobra.reporting.tables.cells import MEAN, Patterns, collect_cells, read_result
from cobra.reporting.tables.table import cells_frame


@pytest.fixture
def write(tmp_path, identity):
    return partial(write_scores, tmp_path, identity)


def expected_mean(subjects, column):
    return np.mean([auroc(scores(str(names))[column], TRUTH) for names in subjects])


def test_a_result_holds_both_figures_of_its_file(write):
    path = write(**subject())
    result = read_result(path, subject(), 100)
    assert result.clean.value == pytest.approx(expected_mean([subject()], "clean"))
    assert result.robust.value == pytest.approx(expected_mean([subject()], "attacked"))
    assert (len(result.clean.resampled), result.files) == (100, [path])


def test_a_file_of_another_subject_is_refused(write):
    path = write(**subject())
    with pytest.raises(UserError, match="has seed 0 where 1 is needed"):
        read_result(path, subject(seed=1), 100)


def test_a_robust_figure_above_the_clean_one_is_refused(write):
    columns = scores("x")
    path = write({"clean": columns["attacked"], "attacked": columns["clean"]}, **subject())
    with pytest.raises(UserError, match="holds a robust AUROC above the clean one, which no attack gives"):
        read_result(path, subject(), 100)


def test_cells_are_means_over_seeds_and_over_classes(write, tmp_path):
    for names in ALL:
        write(**names)
    cells = collect_cells(SETTINGS, Patterns(str(tmp_path / PATTERN)))
    assert [(cell.method, cell.score, cell.normal) for cell in cells] == [
        (method, score, normal)
        for method, score in (("cobra", "similarity"), ("cobra", "classifier"), ("cl", "similarity"))
        for normal in ("0", "3", MEAN)
    ]
    for cell in cells:
        behind = [
            names
            for names in ALL
            if (names["method"], names["score"]) == (cell.method, cell.score)
            and cell.normal in (names["normal"], MEAN)
        ]
        assert cell.missing is None
        assert len(cell.result.files) == len(cell.result.identities) == len(behind)
        assert cell.result.clean.value == pytest.approx(expected_mean(behind, "clean"))
        assert cell.result.robust.value == pytest.approx(expected_mean(behind, "attacked"))


def test_a_missing_file_leaves_its_class_and_the_mean_without_figures(write, tmp_path):
    gone = subject("3", "cl", "similarity", 1)
    for names in ALL:
        if names != gone:
            write(**names)
    cells = by_place(collect_cells(SETTINGS, Patterns(str(tmp_path / PATTERN))))
    for normal in ("3", MEAN):
        cell = cells["cl", "similarity", normal]
        assert cell.result is None
        assert cell.missing == tmp_path / PATTERN.format(**gone)
    assert cells["cl", "similarity", "0"].result is not None
    assert cells["cobra", "similarity", MEAN].result is not None


def test_the_frame_has_a_row_per_cell_with_intervals_or_what_is_missing(write, tmp_path):
    for names in ALL[:4]:
        write(**names)
    frame = cells_frame(collect_cells(SETTINGS, Patterns(str(tmp_path / PATTERN))), SETTINGS, EMPTY)
    assert list(frame.columns) == [
        "dataset", "class", "method", "score", "attack", "clean_auroc", "clean_low", "clean_high",
        "robust_auroc", "robust_low", "robust_high", "clean_paper", "clean_difference", "clean_comparison",
        "robust_paper", "robust_difference", "robust_comparison", "gates", "score_files",
    ]  # fmt: skip
    assert set(frame["gates"]) == {"not judged"}
    assert len(frame) == 9
    run = frame[(frame["method"] == "cobra") & (frame["score"] == "similarity")]
    assert run["class"].tolist() == ["0", "3", MEAN]
    assert (run["clean_low"] <= run["clean_auroc"]).all()
    assert (run["robust_auroc"] <= run["robust_high"]).all()
    assert run["clean_auroc"].iloc[2] == pytest.approx(run["clean_auroc"].iloc[:2].mean(), abs=1e-3)
    assert [len(files.split()) for files in run["score_files"]] == [2, 2, 4]
    absent = frame[frame["method"] == "cl"]
    assert absent["clean_auroc"].isna().all()
    assert absent["score_files"].str.startswith("not run: ").all()
    assert not pd.isna(frame["score_files"]).any()


@pytest.mark.parametrize(
    ("over", "moves"),
    [(["images"], False), (["images", "seeds"], True), (["seeds"], True), (["classes"], False)],
)
def test_seeds_add_to_the_interval_if_they_are_drawn_anew(write, tmp_path, over, moves):
    for names in ALL:
        write(**names)
    bootstrap = SETTINGS.bootstrap.model_copy(update={"over": over})
    settings = SETTINGS.model_copy(update={"bootstrap": bootstrap})
    patterns = Patterns(str(tmp_path / PATTERN))
    cell = by_place(collect_cells(settings, patterns))["cobra", "similarity", "0"]
    assert cell.result.clean.value == pytest.approx(expected_mean(ALL[:2], "clean"))
    plain = np.mean([read_result(write(**names), names, 100).clean.resampled for names in ALL[:2]], axis=0)
    if over == ["classes"]:
        assert np.ptp(cell.result.clean.resampled) == 0
    else:
        assert (not np.allclose(cell.result.clean.resampled, plain)) == moves


def test_scores_of_the_same_images_are_drawn_alike_in_every_method_seed_and_class(write):
    names_of = (ALL[0], ALL[1], ALL[2], ALL[8])
    results = [read_result(write(scores("same"), **names), names, 100) for names in names_of]
    for other in results[1:]:
        np.testing.assert_array_equal(other.clean.resampled, results[0].clean.resampled)


@pytest.mark.parametrize(
    ("logs", "why"),
    [
        ({}, "not run"),
        ({"prepare": "error: a file is missing: get it."}, "no data"),
        ({"prepare": "done", "train": "epochs 3/9\nerror: the loss is nan.\n"}, "failed"),
        ({"prepare": "done", "train": "epochs 3/9", "attack": ""}, "unfinished"),
        ({"train": "epochs 9/9", "attack": "error: no.\n\n"}, "failed"),
    ],
)
def test_a_missing_figure_says_why(write, tmp_path, logs, why):
    for name, text in logs.items():
        (tmp_path / f"{name}_digits.log").write_text(text)
    stages = [str(tmp_path / f"{name}_{{dataset}}.log") for name in ("prepare", "train", "attack")]
    patterns = Patterns(str(tmp_path / PATTERN), data_logs=stages[:1], logs=stages[1:])
    cells = collect_cells(SETTINGS, patterns)
    assert {cell.lack for cell in cells} == {why}
    told = cells_frame(cells, SETTINGS, EMPTY)["score_files"]
    assert told.str.startswith(f"{why}: ").all()


RADII = {
    "clean": np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0], dtype=np.float32),
    "threshold": np.full(12, 0.5, dtype=np.float32),
    "radius": np.array([1, 0.1, 0.2, 0.3, 0, 0.1, 0.1, 1, 0.3, np.inf, 0, 0], dtype=np.float32),
}


@pytest.mark.parametrize(
    ("eps", "robust"),
    # of 5 normal images 4 are right, of 7 anomalies 5; a radius of eps itself does not withstand eps
    [(0, (4 / 5, 5 / 7)), (0.1, (3 / 5, 3 / 7)), (0.25, (2 / 5, 3 / 7)), (1, (0, 1 / 7))],
)
def test_accuracy_is_that_of_images_that_nothing_within_eps_turns(write, eps, robust):
    path = write(RADII, kind="radii", eps=eps, **subject())
    result = read_result(path, subject(), 100, "accuracy")
    assert result.clean.value == pytest.approx(50 * (4 / 5 + 5 / 7))
    assert result.robust.value == pytest.approx(50 * sum(robust))


def test_scores_are_no_radii(write):
    path = write(**subject())
    with pytest.raises(UserError, match="has kind 'scores' where 'radii' is needed"):
        read_result(path, subject(), 100, "accuracy")
