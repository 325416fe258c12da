"""Figures of what a setting of training or of the score does: eps, memory, the geometry of embeddings."""

from functools import partial

import numpy as np
import pytest
from figure_files import TRUTH, drawn, of
from sklearn.metrics import roc_auc_score
from training_figures import settings, subjects, written

from cobra.errors import UserError
from cobra.reporting.figures.drawing import render
from cobra.reporting.figures.settings import FIGURES

TRAINING_EPS = {"standard": 0.0, "small": 0.05, "large": 0.2}
TEST_EPS = (0.1, 0.5)
MEMORY = {"whole": None, "few": 4, "more": 16, "classifier": None}
LOSSES = {"l_cl": "cl", "l_cobra": "cobra"}
QUANTITIES = (
    "same_image", "opposite", "within_normal", "within_anomalies", "between",
    "direction_normal", "direction_anomalies",
)  # fmt: skip


@pytest.fixture
def write(tmp_path, identity):
    """Writes a file that a figure is made of; the path pattern."""
    return partial(written, tmp_path, identity)


GRID = {method: ["similarity"] for method in TRAINING_EPS}


@pytest.fixture
def grid(write):
    for names in subjects(GRID):
        eps = TRAINING_EPS[names["method"]]
        swept = {f"eps_{each:g}": drawn(names, each) for each in TEST_EPS}
        adversary = {"enabled": eps > 0, "eps": eps or 0.1}
        pattern = write(
            "grid", names | {"attack": "wide"}, {"is_anomaly": TRUTH, "clean": drawn(names), **swept},
            kind="sweep", settings={"detector": {"adversary": adversary}},
        )  # fmt: skip
    return FIGURES.load("grid").collect(settings("grid", GRID), pattern)


def test_a_grid_s_rows_are_the_eps_of_training_that_the_files_tell(grid):
    assert len(grid) == len(subjects(GRID)) * 3
    for names in subjects(GRID):
        own = of(grid, names)
        assert set(own["training_eps"]) == {TRAINING_EPS[names["method"]]}
        assert own["eps"].tolist() == [0, *TEST_EPS]
        columns = [drawn(names), *(drawn(names, each) for each in TEST_EPS)]
        assert own["auroc"].tolist() == pytest.approx([100 * roc_auc_score(TRUTH, each) for each in columns])


def test_a_grid_shows_means_over_classes_and_seeds_in_order_of_eps(grid):
    (panel,) = FIGURES.load("grid").draw(grid, settings("grid", GRID)).axes
    assert [text.get_text() for text in panel.get_yticklabels()] == ["0", "0.05", "0.2"]
    assert [text.get_text() for text in panel.get_xticklabels()] == ["0", "0.1", "0.5"]
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("eps of the attack", "eps in training")
    shown = {text.get_position(): text.get_text() for text in panel.texts}
    for row, training in enumerate((0.0, 0.05, 0.2)):
        for column, eps in enumerate((0.0, *TEST_EPS)):
            cell = grid[(grid["training_eps"] == training) & (grid["eps"] == eps)]
            assert len(cell) == 4
            assert shown[column, row] == f"{cell['auroc'].mean():.1f}"


SCORES = {"cobra": list(MEMORY)}


def score_settings(name):
    kind = "classifier" if name == "classifier" else "similarity"
    return {"kind": kind, "space": "projection", "memory": MEMORY[name], "masker": "none"}


@pytest.fixture
def memory(write):
    for names in subjects(SCORES):
        columns = {"is_anomaly": TRUTH, "clean": drawn(names), "attacked": drawn(names, "attacked")}
        evaluation = {"score": score_settings(names["score"])}
        pattern = write(
            "memory", names | {"attack": "pgd"}, columns, kind="scores", settings={"evaluation": evaluation}
        )
    return FIGURES.load("memory").collect(settings("memory", SCORES), pattern)


def test_a_memory_s_size_is_the_score_s_and_a_classifier_has_none(memory):
    assert set(memory["score"]) == {"whole", "few", "more"}
    for names in (each for each in subjects(SCORES) if each["score"] != "classifier"):
        own = of(memory, names).set_index("images")
        sizes = [None if size is None else int(size) for size in own["memory"].astype(object).where(
            own["memory"].notna(), None)]  # fmt: skip
        assert sizes == [MEMORY[names["score"]]] * 2
        expected = [100 * roc_auc_score(TRUTH, each) for each in (drawn(names), drawn(names, "attacked"))]
        assert own.loc[["clean", "attacked"], "auroc"].tolist() == pytest.approx(expected)


def test_a_memory_figure_has_two_lines_over_sizes_that_end_with_all(memory):
    (panel,) = FIGURES.load("memory").draw(memory, settings("memory", SCORES)).axes
    assert [text.get_text() for text in panel.get_xticklabels()] == ["4", "16", "all"]
    lines = {line.get_label(): line for line in panel.lines if line.get_label().startswith("digits")}
    assert list(lines) == ["digits, COBRA, clean", "digits, COBRA, under attack"]
    means = memory[memory["images"] == "attacked"].groupby("score")["auroc"].mean()
    expected = means[["few", "more", "whole"]]
    np.testing.assert_allclose(lines["digits, COBRA, under attack"].get_ydata(), expected)


TRAINED = {"l_cl": ["similarity", "backbone"], "l_cobra": ["similarity"]}


def measured(names):
    """Two epochs; of each the clean views, and the attack on either loss."""
    base = 0.1 * int(names["normal"]) + 0.05 * names["seed"]
    kinds = [("", "clean"), ("cl", "attacked"), ("cobra", "attacked")]
    return [
        {"epoch": epoch, "loss": loss, "views": views, "quantity": quantity, "count": 6,
         **{name: base + 0.01 * epoch + 0.1 * place + 0.02 * number
            for number, name in enumerate(("mean", "q05", "q25", "q50", "q75", "q95"))}}
        for epoch in (1, 2)
        for loss, views in kinds
        for place, quantity in enumerate(QUANTITIES)
        if loss or not quantity.startswith("direction")
    ]  # fmt: skip


@pytest.fixture
def collected(write):
    def made(kind="geometry"):
        for names in subjects({method: ["similarity"] for method in TRAINED}):
            about = {name: value for name, value in names.items() if name != "score"}
            objective = {"contrastive": LOSSES[names["method"]]}
            pattern = write(
                "geometry", about, measured(names), kind=kind, settings={"detector": {"objective": objective}}
            )
        return FIGURES.load("geometry").collect(settings("geometry", TRAINED), pattern)

    return made


def test_a_geometry_s_numbers_are_those_of_each_training_once(collected):
    rows = collected()
    assert len(rows) == 8 * len(measured({"normal": "0", "seed": 0}))
    own = of(rows, {"normal": "3", "method": "l_cl", "seed": 1, "epoch": 2, "loss": "cl"})
    expected = [
        row for row in measured({"normal": "3", "seed": 1}) if row["epoch"] == 2 and row["loss"] == "cl"
    ]
    assert own["q50"].tolist() == [row["q50"] for row in expected]


def test_a_geometry_tells_the_loss_that_a_network_was_trained_on(collected):
    rows = collected()
    own = {(row.method, row.loss): row.own for row in rows.itertuples()}
    assert own == {
        ("l_cl", ""): True, ("l_cl", "cl"): True, ("l_cl", "cobra"): False,
        ("l_cobra", ""): True, ("l_cobra", "cl"): False, ("l_cobra", "cobra"): True,
    }  # fmt: skip


def test_a_file_of_another_kind_is_refused(collected):
    with pytest.raises(UserError, match=r"has kind 'history' where 'geometry' is needed"):
        collected(kind="history")


def test_a_geometry_has_three_panels_per_method_with_means_over_classes_and_seeds(collected):
    rows = collected()
    panels = FIGURES.load("geometry").draw(rows, settings("geometry", TRAINED)).axes
    assert [panel.get_title() for panel in panels[:2]] == ["digits\nL_CL", "digits\nL_COBRA"]
    over_epochs = {line.get_label(): line for line in panels[0].lines}
    assert len(over_epochs) == 6
    chosen = of(rows, {"method": "l_cl", "quantity": "within_normal", "loss": "cl"})
    expected = chosen.groupby("epoch")["q50"].mean()
    np.testing.assert_allclose(over_epochs["within normal, attacked"].get_ydata(), expected)
    assert len(panels[2].lines) == 10  # a point per kind of pair, clean and attacked
    directions = {line.get_label(): line for line in panels[5].lines}
    assert [name for name in directions if name.startswith("attack")] == ["attack on cl", "attack on cobra"]
    assert directions["attack on cobra"].get_marker() == "o"  # its own
    assert directions["attack on cl"].get_marker() != "o"
    both = rows[(rows["method"] == "l_cobra") & (rows["loss"] == "cl")
                & rows["quantity"].str.startswith("direction")]  # fmt: skip
    np.testing.assert_allclose(
        directions["attack on cl"].get_ydata(), both.groupby("epoch")["q50"].mean(), rtol=1e-6
    )


@pytest.mark.parametrize("kind", ["grid", "memory", "geometry"])
def test_a_figure_is_the_same_bytes_each_time(kind, request):
    numbers = request.getfixturevalue("collected" if kind == "geometry" else kind)
    numbers = numbers() if kind == "geometry" else numbers
    chosen = settings(kind, {"grid": GRID, "memory": SCORES, "geometry": TRAINED}[kind])
    first, again = (render(FIGURES.load(kind).draw(numbers, chosen), ".svg") for _ in range(2))
    assert first == again
    assert "A title" in first.decode()
