"""Figures of size: an objective's AUROC over the width of the network, by the length of training."""

import numpy as np
import pytest
from figure_files import TRUTH, drawn
from sklearn.metrics import roc_auc_score
from training_figures import settings, subjects, written

from cobra.reporting.figures.drawing import render
from cobra.reporting.figures.settings import FIGURES

SIZES = {
    f"{loss}_{width}_{epochs}": (loss, width, epochs)
    for loss in ("cl", "cobra")
    for width in (8, 32)
    for epochs in (10, 20)
}
SIZED = {name: ["similarity"] for name in SIZES}


@pytest.fixture
def size(tmp_path, identity):
    for names in subjects(SIZED):
        loss, width, epochs = SIZES[names["method"]]
        detector = {
            "objective": {"contrastive": loss, "classification": loss == "cobra"},
            "model": {"width": width},
            "schedule": {"epochs": epochs},
        }
        columns = {"is_anomaly": TRUTH, "clean": drawn(names), "attacked": drawn(names, "attacked")}
        made_with = {"kind": "scores", "settings": {"detector": detector}}
        pattern = written(tmp_path, identity, "size", names | {"attack": "pgd"}, columns, **made_with)
    return FIGURES.load("size").collect(settings("size", SIZED), pattern)


def test_an_objective_is_a_line_over_widths_in_a_panel_per_number_of_epochs(size):
    panels = FIGURES.load("size").draw(size, settings("size", SIZED)).axes
    assert [panel.get_title() for panel in panels] == [
        "digits, similarity, 10 epochs",
        "digits, similarity, 20 epochs",
    ]
    for panel, epochs in zip(panels, (10, 20), strict=True):
        lines = {line.get_label(): line for line in panel.lines if ", " in line.get_label()}
        assert list(lines) == [
            f"{terms}, {said}"
            for terms in ("cl", "cobra + classification")
            for said in ("clean", "under attack")
        ]
        for loss, terms in (("cl", "cl"), ("cobra", "cobra + classification")):
            attacked = [
                100 * roc_auc_score(TRUTH, drawn(names, "attacked"))
                for width in (8, 32)
                for names in subjects({f"{loss}_{width}_{epochs}": ["similarity"]})
            ]
            line = lines[f"{terms}, under attack"]
            assert line.get_xdata().tolist() == [8, 32]
            np.testing.assert_allclose(line.get_ydata(), np.mean(np.reshape(attacked, (2, 4)), axis=1))


def test_it_is_the_same_bytes_each_time(size):
    first, again = (
        render(FIGURES.load("size").draw(size, settings("size", SIZED)), ".svg") for _ in range(2)
    )
    assert first == again
