"""Figures of losses and AUROCs over the epochs of a training."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from cobra.artifacts.files import write_table
from cobra.attacks.history_file import losses_metadata
from cobra.errors import UserError
from cobra.reporting.figures.drawing import render
from cobra.reporting.figures.settings import FIGURES, FigureSettings

PATTERN = "{dataset}/{normal}/{method}/{seed}/{score}/{attack}.parquet"
TRUTH = np.arange(30) >= 12
KEPT = (2, 4)
EPOCHS = (1, 2, 3, 4)
SCORES = {"l_cl": ["similarity"], "cobra": ["similarity", "classifier"]}
SUBJECTS = [
    {"dataset": "digits", "normal": normal, "method": method, "score": score, "seed": seed}
    for normal in ("0", "3")
    for method, scores in SCORES.items()
    for score in scores
    for seed in (0, 1)
]


def settings():
    methods = {
        name: {"label": name.upper(), "reported": [], "scores": scores,
               "inapplicable": {score: [] for score in scores}}
        for name, scores in SCORES.items()
    }  # fmt: skip
    layout = {"title": "A title", "datasets": ["digits"], "methods": list(methods), "kind": "history",
              "attack": "pgd"}  # fmt: skip
    whole = {"layout": layout, "classes": {"digits": ["0", "3"]}, "methods": methods, "seeds": [0, 1]}
    return FigureSettings.model_validate(whole)


def drawn(*name):
    """Random scores of the 30 images, some of them equal."""
    random = np.random.default_rng(list(str(name).encode()))
    return np.round(random.standard_normal(30) + TRUTH, 1).astype(np.float32)


def losses(names):
    """Of every epoch; the classification term is the method cobra's alone."""
    base = 1 + int(names["normal"]) + names["seed"]
    terms = {"contrastive": 1.0, **({"classification": 0.5} if names["method"] == "cobra" else {})}
    return [
        {"epoch": epoch, "loss": 9.0, **{term: base * part / epoch for term, part in terms.items()}}
        for epoch in EPOCHS
    ]


@pytest.fixture
def collected(tmp_path, identity):
    """The curves of history files written for all detectors."""

    def made(metadata=losses_metadata, **changes):
        pattern = str(tmp_path / PATTERN)
        for names in SUBJECTS:
            columns = {f"{kind}_e{epoch}": drawn(names, kind, epoch) for epoch in KEPT
                       for kind in ("clean", "attacked")}  # fmt: skip
            own = {"kind": "history", "subject": names | {"attack": "pgd"}} | changes
            path = tmp_path / PATTERN.format(**names, attack="pgd")
            table = pa.table({"is_anomaly": TRUTH, **columns})
            write_table(path, table, identity.model_copy(update=own), metadata(losses(names)))
        return FIGURES.load("history").collect(settings(), pattern)

    return made


def of(curves, names):
    return curves[np.logical_and.reduce([curves[key] == value for key, value in names.items()])]


def test_aurocs_are_of_the_epochs_kept_and_losses_of_all(collected):
    curves = collected()
    assert len(curves) == len(SUBJECTS) * len(EPOCHS)
    for names in SUBJECTS:
        own = of(curves, names).set_index("epoch")
        for column, kind in (("clean_auroc", "clean"), ("robust_auroc", "attacked")):
            expected = [100 * roc_auc_score(TRUTH, drawn(names, kind, epoch)) for epoch in KEPT]
            assert own.loc[list(KEPT), column].tolist() == pytest.approx(expected)
            assert own.loc[[1, 3], column].isna().all()
        written = pd.DataFrame(losses(names)).set_index("epoch")
        assert own["contrastive"].tolist() == written["contrastive"].tolist()
        assert own["loss"].tolist() == [9.0] * 4
        assert own["classification"].isna().all() == (names["method"] == "l_cl")


def test_files_of_another_kind_are_refused(collected):
    with pytest.raises(UserError, match=r"has kind 'scores' where 'history' is needed"):
        collected(kind="scores")


def test_a_file_without_losses_is_told_in_a_sentence(collected):
    with pytest.raises(UserError, match=r"pgd\.parquet tells of no losses: remove it and make it again"):
        collected(metadata=lambda _: None)


def test_a_method_has_a_column_with_its_terms_above_its_aurocs(collected):
    panels = FIGURES.load("history").draw(collected(), settings()).axes
    assert [panel.get_title() for panel in panels] == ["digits, L_CL", "digits, COBRA", "", "", "", ""]
    assert [panel.get_ylabel() for panel in panels] == [
        "contrastive\nloss", "contrastive\nloss", "", "classification\nloss", "AUROC (%)", "AUROC (%)",
    ]  # fmt: skip
    assert [text.get_text() for text in panels[2].texts] == ["no classification term"]


def test_lines_are_means_over_classes_and_seeds(collected):
    curves = collected()
    panels = FIGURES.load("history").draw(curves, settings()).axes
    (line,) = panels[3].lines
    assert line.get_xdata().tolist() == list(EPOCHS)
    np.testing.assert_allclose(line.get_ydata(), [0.5 * np.mean([1, 2, 4, 5]) / epoch for epoch in EPOCHS])
    shown = {line.get_label(): line for line in panels[5].lines if not line.get_label().startswith("_")}
    assert list(shown) == [
        "clean", "under attack", "clean, classifier score", "under attack, classifier score",
    ]  # fmt: skip
    behind = [[roc_auc_score(TRUTH, drawn(names, "attacked", epoch)) for epoch in KEPT] for names in SUBJECTS
              if names["method"] == "cobra" and names["score"] == "classifier"]  # fmt: skip
    line = shown["under attack, classifier score"]
    assert line.get_xdata().tolist() == list(KEPT)
    np.testing.assert_allclose(line.get_ydata(), 100 * np.mean(behind, axis=0))


def test_clean_and_attacked_lines_of_a_score_are_told_apart_by_more_than_colour(collected):
    panel = FIGURES.load("history").draw(collected(), settings()).axes[5]
    clean, attacked = panel.lines[:2]
    assert clean.get_color() == attacked.get_color()
    assert (clean.get_linestyle(), attacked.get_linestyle()) == ("--", "-")
    assert len({line.get_color() for line in panel.lines[:4]}) == 2


def test_one_legend_pairs_the_lines_of_all_panels(collected):
    (legend,) = FIGURES.load("history").draw(collected(), settings()).legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "clean", "clean, classifier score", "under attack", "under attack, classifier score",
    ]  # fmt: skip


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_figure_is_the_same_bytes_each_time(collected, suffix):
    curves = collected()
    first, again = (render(FIGURES.load("history").draw(curves, settings()), suffix) for _ in range(2))
    assert first == again
