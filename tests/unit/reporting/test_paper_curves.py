"""The paper's training curves: read from the file of its numbers, drawn beside ours."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cobra.errors import UserError
from cobra.reporting.figures.kinds.history import AUROCS, PAPER, TERMS, draw
from cobra.reporting.figures.paper_curves import paper_points
from cobra.reporting.figures.settings import FigureSettings, PaperPoint

TABLES = Path(__file__).resolve().parents[3] / "config/paper_tables.csv"
METHODS = {
    "ours": {"label": "Ours", "reported": ["L_COBRA+L_CLS", "COBRA"], "scores": ["similarity"]},
    "cl": {"label": "CL", "reported": "L_CL", "scores": ["similarity"]},
}


def settings(*datasets, **more):
    layout = {
        "title": "T",
        "kind": "history",
        "datasets": list(datasets),
        "methods": list(METHODS),
        "attack": "pgd",
    }
    classes = {name: ["0"] for name in datasets}
    return FigureSettings.model_validate(
        {"layout": layout, "classes": classes, "methods": METHODS, "seeds": [0], **more}
    )


def curves(*datasets):
    """Histories of 20 epochs, whose AUROC is known at two of them."""
    rows = []
    for dataset in datasets:
        for method in METHODS:
            for epoch in range(1, 21):
                found = dict.fromkeys(AUROCS, 50.0 + epoch if epoch in (10, 20) else np.nan)
                about = {
                    "dataset": dataset,
                    "normal": "0",
                    "method": method,
                    "score": "similarity",
                    "seed": 0,
                }
                rows.append({**about, "epoch": epoch, "loss": 1.0, **dict.fromkeys(TERMS, 1.0), **found})
    return pd.DataFrame(rows)


def lines(panel):
    return {str(line.get_label()): line for line in panel.lines if PAPER in str(line.get_label())}


def test_the_points_are_those_of_the_data_sets_and_methods_shown():
    points = paper_points(TABLES, settings("fmnist", "digits"))
    assert {(point.dataset, point.method) for point in points} == {("fmnist", "ours")}
    assert [point.epoch for point in points] == [0, 10, 20, 40, 60, 80, 99]
    assert (points[1].clean, points[1].robust) == (65.2, 62.7)
    mvtec = {point.epoch: point for point in paper_points(TABLES, settings("mvtec"))}
    assert (mvtec[60].clean, mvtec[60].robust) == (None, 75.3)  # where both curves lie on each other
    assert paper_points(TABLES, settings("digits")) == []


@pytest.mark.parametrize(
    ("row", "part"),
    [("last", "has a training curve with the row 'last': call it epoch 0, say"), (None, "exist")],
)
def test_what_is_no_curve_is_told_in_a_sentence(tmp_path, row, part):
    path = tmp_path / "tables.csv"
    if row:
        path.write_text(f"table,row,method,clean_auroc,robust_auroc\ntraining_curve_fmnist,{row},COBRA,1,1\n")
    with pytest.raises(UserError, match=part):
        paper_points(path, settings("fmnist"))


def test_the_paper_s_curve_stands_in_its_method_s_panel_with_its_epochs_scaled():
    shown = settings("fmnist", paper=paper_points(TABLES, settings("fmnist")))
    *_, ours, other = draw(curves("fmnist"), shown).axes
    assert set(lines(ours)) == {f"clean, {PAPER}", f"under attack, {PAPER}"}
    assert not lines(other)
    robust = lines(ours)[f"under attack, {PAPER}"]
    epochs = [20 * epoch / 99 for epoch in (0, 10, 20, 40, 60, 80, 99)]
    assert robust.get_xdata().tolist() == pytest.approx(epochs)
    assert robust.get_ydata().tolist() == [45.0, 62.7, 75.8, 86.2, 89.1, 89.3, 89.3]
    assert robust.get_linestyle() == "-"
    assert lines(ours)[f"clean, {PAPER}"].get_linestyle() == "--"


def test_what_cannot_be_read_off_is_left_out_of_the_line():
    shown = settings("mvtec", paper=paper_points(TABLES, settings("mvtec")))
    panel = draw(curves("mvtec"), shown).axes[-2]
    assert len(lines(panel)[f"clean, {PAPER}"].get_xdata()) == 6
    assert len(lines(panel)[f"under attack, {PAPER}"].get_xdata()) == 7


def test_the_legend_names_the_paper_only_where_it_has_a_curve():
    point = PaperPoint(dataset="fmnist", method="cl", epoch=99, clean=60, robust=40)
    points = [point.model_copy(update={"epoch": epoch}) for epoch in (0, 99)]
    for paper, expected in ((points, 4), ([], 2)):
        (legend,) = draw(curves("fmnist"), settings("fmnist", paper=paper)).legends
        texts = [text.get_text() for text in legend.get_texts()]
        assert len(texts) == expected
        assert sum(PAPER in text for text in texts) == expected - 2
