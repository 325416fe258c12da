"""Figures of the AUROC over an attack's budget."""

import io

import numpy as np
import pyarrow as pa
import pytest
from figure_files import DIRECTION, SUBJECTS, TRUTH, drawn, of, settings
from PIL import Image
from sklearn.metrics import roc_auc_score

from cobra.artifacts.files import write_table
from cobra.errors import UserError
from cobra.reporting.figures.drawing import render
from cobra.reporting.figures.result_files import lines
from cobra.reporting.figures.settings import FIGURES

PATTERNS = {"budget": "{dataset}/{normal}/{method}/{seed}/{score}/{attack}.parquet",
            "eps": "{dataset}/{normal}/{method}/{seed}/{score}/sweeps/{sweep}.parquet"}  # fmt: skip
FILES = {"budget": "scores", "eps": "sweep"}


def traced(names):
    """A trace of three restarts, each falling with the steps; its columns in no order."""
    columns = {"attacked": drawn(names, "attacked")}
    for restart in (3, 1, 2):
        worst = DIRECTION * drawn(names, restart)
        for steps in (2, 5, 10):
            worst = np.maximum(worst, DIRECTION * drawn(names, restart, steps))
            columns[f"r{restart}_s{steps}"] = (DIRECTION * worst).astype(np.float32)
    return columns


def swept(names):
    return {f"eps_{eps:g}": drawn(names, eps, harder=5 * eps) for eps in (0.5, 4 / 255, 0.1)}


@pytest.fixture
def collected(tmp_path, identity):
    """The curves of score files written for all detectors but those without one."""

    def made(kind="budget", inapplicable=(), without=None, changes=None):
        chosen, pattern = settings(kind, inapplicable), str(tmp_path / PATTERNS[kind])
        shown = chosen.layout.shown
        for names in SUBJECTS:
            if names["score"] == without:
                continue
            columns = (traced if kind == "budget" else swept)(names)
            table = pa.table({"is_anomaly": TRUTH, "clean": drawn(names), **columns})
            about = names | {"attack": shown}
            own = {"kind": FILES[kind], "subject": about} | (changes or {})
            write_table(
                tmp_path / pattern.format(**names, attack=shown, sweep=shown),
                table,
                identity.model_copy(update=own),
            )
        return FIGURES.load(kind).collect(chosen, pattern)

    return made


def test_a_budget_s_auroc_is_of_the_worst_within_so_many_restarts_and_steps(collected):
    curves = collected()
    assert len(curves) == len(SUBJECTS) * 9
    for names in SUBJECTS:
        columns, own = traced(names), of(curves, names)
        assert len(own) == 9
        for row in own.itertuples():
            tried = [columns[f"r{restart}_s{row.steps}"] for restart in range(1, row.restarts + 1)]
            worst = [
                (min if anomalous else max)(each) for anomalous, *each in zip(TRUTH, *tried, strict=True)
            ]
            assert row.auroc == pytest.approx(100 * roc_auc_score(TRUTH, worst))


@pytest.mark.parametrize(("over", "within"), [("steps", "restarts"), ("restarts", "steps")])
def test_a_larger_budget_leaves_no_higher_auroc(collected, over, within):
    curves = collected()
    keys = ["normal", "method", "score", "seed", within]
    for _, group in curves.groupby(keys):
        assert (group.sort_values(over)["auroc"].diff().dropna() <= 1e-9).all()


def test_an_eps_curve_begins_at_the_clean_images(collected):
    curves = collected("eps")
    for names in SUBJECTS:
        own = of(curves, names)
        assert own["eps"].tolist() == pytest.approx([0, 4 / 255, 0.1, 0.5], abs=1e-6)
        columns = [drawn(names), *(swept(names)[f"eps_{eps:g}"] for eps in (4 / 255, 0.1, 0.5))]
        expected = [100 * roc_auc_score(TRUTH, scores) for scores in columns]
        assert own["auroc"].tolist() == pytest.approx(expected)


def test_a_line_is_the_mean_over_classes_and_seeds(collected):
    curves = collected("eps")
    found = lines(curves, settings("eps").methods, ["eps"])
    assert list(found) == ["digits, COBRA", "digits, COBRA, margin score", "digits, Pixels"]
    behind = [roc_auc_score(TRUTH, drawn(names)) for names in SUBJECTS if names["score"] == "margin"]
    assert found["digits, COBRA, margin score"][0.0] == pytest.approx(100 * np.mean(behind))


@pytest.mark.parametrize(("kind", "name"), [("budget", "pgd"), ("eps", "wide")])
def test_a_score_to_which_the_attack_does_not_apply_is_left_out(collected, kind, name):
    curves = collected(kind, inapplicable=[name], without="margin")
    assert set(curves["score"]) == {"similarity", "own"}


def test_a_file_that_lacks_is_named(collected):
    with pytest.raises(UserError, match=r"own/pgd\.parquet does not exist"):
        collected(without="own")


@pytest.mark.parametrize("kind", ["budget", "eps"])
@pytest.mark.parametrize(
    "changes", [{"kind": "radii"}, {"subject": SUBJECTS[0] | {"attack": "apgd"}}], ids=["kind", "attack"]
)
def test_files_of_another_kind_or_attack_are_refused(collected, kind, changes):
    with pytest.raises(UserError, match=r"where .* is needed"):
        collected(kind, changes=changes)


@pytest.mark.parametrize("suffix", [".png", ".svg"])
@pytest.mark.parametrize("kind", FILES)
def test_a_figure_is_the_same_bytes_each_time(collected, kind, suffix):
    curves = collected(kind)
    first, again = (render(FIGURES.load(kind).draw(curves, settings(kind)), suffix) for _ in range(2))
    assert first == again
    if suffix == ".png":
        with Image.open(io.BytesIO(first)) as image:
            assert min(image.size) > 200
        return
    for text in ("A title", "digits, COBRA, margin score", "digits, Pixels"):
        assert text in first.decode()


def test_a_grid_shows_each_figure_at_its_restarts_and_steps(collected):
    curves = collected()
    panels = FIGURES.load("budget").draw(curves, settings("budget")).axes
    assert [panel.get_title(loc="left") for panel in panels] == list(
        lines(curves, settings("budget").methods, ["steps"])
    )
    shown = {text.get_position(): text.get_text() for text in panels[2].texts}
    own = of(curves, {"method": "pixels"}).groupby(["restarts", "steps"])["auroc"].mean()
    for column, steps in enumerate((2, 5, 10)):
        for row in range(3):
            assert shown[column, row] == f"{own[row + 1, steps]:.1f}"


def test_an_eps_figure_has_a_line_per_detector_with_a_point_per_eps(collected):
    curves = collected("eps")
    (panel,) = FIGURES.load("eps").draw(curves, settings("eps")).axes
    drawn_lines = [line for line in panel.lines if line.get_label().startswith("digits")]
    assert len(drawn_lines) == 3
    assert len({(line.get_color(), line.get_marker()) for line in drawn_lines}) == 3
    assert [text.get_text() for text in panel.get_xticklabels()] == ["0", "0.0156863", "0.1", "0.5"]
    means = lines(curves, settings("eps").methods, ["eps"])["digits, Pixels"]
    np.testing.assert_allclose(drawn_lines[2].get_ydata(), means)
