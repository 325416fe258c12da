"""What the gates, and attacks that do not apply, say of a table's cells."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from cell_files import (
    ALL,
    EMPTY,
    GATES,
    PATTERN,
    SETTINGS,
    by_place,
    subject,
    write_scores,
    write_verdicts,
)

from cobra.errors import UserError
from cobra.metrics import Estimate
from cobra.reporting.tables.cells import MEAN, Cell, Patterns, Result, collect_cells, mean_result, read_result
from cobra.reporting.tables.table import cells_frame


@pytest.fixture
def write(tmp_path, identity):
    return partial(write_scores, tmp_path, identity)


@pytest.fixture
def judge(tmp_path, identity):
    return partial(write_verdicts, tmp_path, identity)


def gated(folder, attack="pgd"):
    settings = SETTINGS.model_copy(update={"gated": attack})
    return settings, Patterns(str(folder / PATTERN), str(folder / GATES))


def test_failed_gates_reach_the_cell_and_its_means(write, judge, tmp_path):
    failed = {("0", 0): [5], ("0", 1): [4, 5], ("3", 0): [], ("3", 1): []}
    for names in ALL:
        write(**names)
        own = failed[names["normal"], names["seed"]] if names["score"] == "similarity" else []
        judge(*(own if names["method"] == "cobra" else []), **names)
    settings, patterns = gated(tmp_path)
    cells = collect_cells(settings, patterns)
    found = {place: cell.result.failed for place, cell in by_place(cells).items()}
    assert found["cobra", "similarity", "0"] == {4, 5}  # of either seed
    assert found["cobra", "similarity", "3"] == set()
    assert found["cobra", "similarity", MEAN] == {4, 5}
    assert found["cl", "similarity", MEAN] == set()
    frame = cells_frame(cells, settings, EMPTY)
    assert frame["gates"].tolist()[:3] == ["fails 4 5", "pass", "fails 4 5"]
    assert set(frame["gates"][3:]) == {"pass"}


def test_gates_judge_the_figures_of_their_attack_alone(write, tmp_path):
    for names in ALL:
        write(**names)
    settings, patterns = gated(tmp_path, attack="worst")  # no verdicts were written
    cells = collect_cells(settings, patterns)
    assert {cell.result.failed for cell in cells} == {None}


def test_a_mean_over_cells_that_were_not_all_judged_is_not_judged(write):
    result = read_result(write(**subject()), subject(), 100)
    judged = replace(result, failed=frozenset({4}))
    assert mean_result([judged, result], redrawn=False).failed is None
    assert mean_result([judged, judged], redrawn=False).failed == {4}


@pytest.mark.parametrize("changes", [{"method": "cl"}, {"seed": 1}, {"attack": "worst"}])
def test_verdicts_on_something_else_are_refused(write, judge, tmp_path, changes):
    for names in ALL:
        write(**names)
        judge(**names)
    path = tmp_path / GATES.format(**subject())
    judge(**(subject() | changes))
    (tmp_path / GATES.format(**(subject() | changes))).rename(path)
    name = next(iter(changes))
    with pytest.raises(UserError, match=f"has {name} .* where .* is needed"):
        collect_cells(*gated(tmp_path))


def test_where_an_attack_does_not_apply_there_is_no_figure(write, tmp_path):
    for names in ALL[:4]:
        write(**names)
    methods = SETTINGS.methods | {
        "cl": SETTINGS.methods["cl"].model_copy(update={"inapplicable": {"similarity": ["pgd"]}}),
        "cobra": SETTINGS.methods["cobra"].model_copy(update={"inapplicable": {"classifier": ["pgd"]}}),
    }
    settings, patterns = gated(tmp_path, attack="other")
    settings = settings.model_copy(update={"methods": methods})
    cells = collect_cells(settings, patterns)
    left_out = [cell for cell in cells if not cell.applies]
    assert {(cell.method, cell.score) for cell in left_out} == {("cl", "similarity"), ("cobra", "classifier")}
    assert {(cell.result, cell.missing, cell.lack) for cell in left_out} == {(None, None, "not applicable")}
    frame = cells_frame(cells, settings, EMPTY)
    told = frame.loc[frame["method"] == "cl", ["gates", "score_files"]].drop_duplicates()
    assert told.to_numpy().tolist() == [["not judged", "not applicable: pgd"]]
    assert frame.loc[frame["method"] == "cl", "robust_auroc"].isna().all()


@pytest.mark.parametrize(("clean", "said"), [(3.0, "clean far below 50"), (45.0, "pass")])
def test_a_score_that_ranks_the_wrong_way_round_has_passed_nothing(clean, said):
    figures = [Estimate(value, np.full(2, value)) for value in (clean, 0.0)]
    cell = Cell("digits", "0", "cobra", "similarity", Result(*figures, [], [], frozenset()), attack="pgd")
    assert cells_frame([cell], SETTINGS, EMPTY)["gates"].tolist() == [said]
