"""Attacks of all sorts, sweeps, gates, figures and a detector that is not ours, through the real rules."""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from edits import added, changed, settings
from PIL import Image
from projects import checkout
from sklearn.metrics import auc

MINE = '''
"""A detector of a user's."""

import torch


def fit(training):
    memory = training.flatten(1)
    return lambda images: torch.cdist(images.flatten(1), memory).amin(dim=1)
'''
TRAINED = ["standard", "cobra"]
BOTH = [*TRAINED, "mine"]
SUITE = {
    "datasets.digits.classes": ["0"],
    "detector.schedule.snapshots": 2,
    "detectors": {"mine": {"label": "Mine", "fit": "mine:fit", "files": ["weights.txt"]}},
    "attacks": {
        "pgd": {"steps": 3, "restarts": 2},
        "apgd": {"kind": "apgd", "steps": 4, "restarts": 1},
        "apgd_8": {"kind": "apgd", "steps": 8, "restarts": 1},
        "smooth": {"kind": "apgd", "steps": 4, "restarts": 1, "objective": "topk"},
        "transfer": {"steps": 3, "restarts": 1, "source": {"methods": ["cobra"]}},
        "noise": {"kind": "noise", "steps": 2, "restarts": 1},
        "fab": {"kind": "fab", "steps": 3, "restarts": 1},
    },
    "combinations": {"worst": {"parts": ["pgd", "apgd", "smooth", "transfer", "noise"]}},
    "sweeps": {"eps": {"attack": "apgd", "factors": [0.5, 1]}},
    "gates": {"claim": "worst", "doubled": "apgd_8", "sweep": "eps", "undefended": "standard"},
    "tables": {
        "attacks": {
            "title": "Attacks", "rows": "attacks", "datasets": ["digits"], "methods": BOTH,
            "attacks": ["pgd", "smooth", "transfer", "worst"],
        },
        "threshold": {
            "title": "Threshold", "rows": "methods", "measure": "accuracy", "datasets": ["digits"],
            "methods": BOTH, "attack": "fab",
        },
    },
    "figures": {
        "budget": {
            "kind": "budget", "title": "Budget", "datasets": ["digits"], "methods": BOTH, "attack": "pgd",
        },
        "eps": {"kind": "eps", "title": "Eps", "datasets": ["digits"], "methods": BOTH, "sweep": "eps"},
        "history": {
            "kind": "history", "title": "History", "datasets": ["digits"], "methods": TRAINED,
            "attack": "pgd",
        },
        "roc": {"kind": "roc", "title": "ROC", "datasets": ["digits"], "methods": BOTH, "attack": "worst"},
        "histogram": {
            "kind": "histogram", "title": "Scores", "datasets": ["digits"], "methods": BOTH,
            "attack": "smooth",
        },
        "paper": {"kind": "paper", "title": "The paper and ours", "tables": ["attacks"]},
    },
}  # fmt: skip
TABLE = {"make_table": 1, "trace_table": 1, "make_audit": 1, "demo": 1}
FOLDER = "results/digits/0/{}/seed0"

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A project that ran the whole suite: to look at, never to change."""
    project = checkout(tmp_path_factory.mktemp("suite") / "project")
    (project / "mine.py").write_text(MINE)
    (project / "weights.txt").write_text("1")
    project.configure(SUITE)
    project.make()
    return project


def of_mine(done, table, column, **named):
    """A figure of the user's detector over all classes."""
    cells = pd.read_csv(done / f"results/tables/{table}.csv")
    for name, value in {"method": "mine", "class": "mean", **named}.items():
        cells = cells[cells[name] == value]
    return cells[column].item()


def test_a_second_run_has_nothing_to_do(done):
    assert done.plan() == {}


def test_what_does_not_apply_is_not_run_and_said_so(done):
    table = (done / "results/tables/attacks.md").read_text()
    rows = {line.split("|")[1].strip(): line for line in table.splitlines() if line.startswith("| ")}
    # cobra is its own source; its classifier and a foreign score have no maximum over neighbours
    assert rows["transfer"].count("not applicable") == 2
    assert rows["smooth"].count("not applicable") == 2
    assert rows["worst"].count("not") == 0
    assert not (done / FOLDER.format("cobra") / "scores/similarity/transfer.parquet").exists()
    assert not (done / FOLDER.format("mine") / "scores/own/smooth.parquet").exists()


def test_every_detector_has_ten_verdicts_which_the_tables_carry_on(done):
    cells = pd.read_csv(done / "results/tables/attacks.csv")
    for method, score in (("standard", "similarity"), ("cobra", "classifier"), ("mine", "own")):
        path = done / FOLDER.format(method) / f"gates/{score}.json"
        verdicts = json.loads(path.read_text())["verdicts"]
        assert [verdict["gate"] for verdict in verdicts] == list(range(1, 12))
        failed = [str(verdict["gate"]) for verdict in verdicts if verdict["verdict"] == "fail"]
        judged = cells[(cells["method"] == method) & (cells["score"] == score) & (cells["attack"] == "worst")]
        assert set(judged["gates"]) == {f"fails {' '.join(failed)}" if failed else "pass"}
    assert set(cells.loc[cells["attack"] == "pgd", "gates"]) == {"not judged"}
    gates = (done / "results/tables/gates.md").read_text()
    assert "10 unbounded" in gates
    assert "Mine" in gates


def test_a_transfer_attack_took_the_gradient_of_the_other_detector(done):
    path = done / FOLDER.format("mine") / "scores/own/transfer.parquet"
    record = json.loads(path.with_suffix(".run.json").read_text())
    assert record["identity"]["settings"]["evaluation"]["source"]["method"] == "cobra"
    assert record["gradient_calls"] == 28 * 3  # images, steps
    assert record["forward_calls"] == 28 * (1 + 3 + 3 + 1)  # clean; guide and score at each step; the last
    assert "source" in record["identity"]["inputs"]


def test_figures_are_pictures_with_their_numbers_beside_them(done):
    for name, columns in (("budget", ["restarts", "steps"]), ("eps", ["eps"]), ("history", ["epoch"])):
        picture = Image.open(done / f"results/figures/{name}.png").convert("L")
        assert np.asarray(picture).std() > 10  # something is drawn
        assert (done / f"results/figures/{name}.svg").read_text().rstrip().endswith("</svg>")
        curves = pd.read_csv(done / f"results/figures/{name}.csv")
        assert set(curves["method"]) == set(TRAINED if name == "history" else BOTH)
        assert curves.set_index(["method", "score", *columns]).index.is_unique
    budget = pd.read_csv(done / "results/figures/budget.csv")
    whole = budget[(budget["method"] == "mine") & (budget["restarts"] == 2) & (budget["steps"] == 3)]
    expected = of_mine(done, "attacks", "robust_auroc", attack="pgd")
    assert whole["auroc"].item() == pytest.approx(expected, abs=1e-3)


def test_a_history_ends_at_the_trained_detector(done):
    for method, score in (("standard", "similarity"), ("cobra", "similarity"), ("cobra", "classifier")):
        folder = done / FOLDER.format(method)
        history = pq.read_table(folder / f"history/{score}/pgd.parquet").to_pandas()
        scores = pq.read_table(folder / f"scores/{score}/pgd.parquet").to_pandas()
        assert list(history.columns[3:]) == ["clean_e1", "attacked_e1", "clean_e2", "attacked_e2"]
        for last, column in (("clean_e2", "clean"), ("attacked_e2", "attacked")):
            assert (history[last].to_numpy() == scores[column].to_numpy()).all()
        assert (history["clean_e1"] != history["clean_e2"]).any()
    curves = pd.read_csv(done / "results/figures/history.csv")
    log = pd.read_csv(done / FOLDER.format("cobra") / "training.csv")
    own = curves[(curves["method"] == "cobra") & (curves["score"] == "classifier")]
    assert own["contrastive"].tolist() == pytest.approx(log["contrastive"].tolist())


def test_a_roc_figure_has_the_area_that_the_table_tells(done):
    curves = pd.read_csv(done / "results/figures/roc.csv")
    assert set(curves["method"]) == set(BOTH)
    own = curves[(curves["method"] == "mine") & (curves["images"] == "attacked")]
    area = 100 * auc(own["false_positive_rate"], own["true_positive_rate"])
    expected = of_mine(done, "attacks", "robust_auroc", attack="worst")
    assert area == pytest.approx(expected, abs=1e-3)


def test_a_histogram_shows_the_scores_to_which_the_attack_applies(done):
    counts = pd.read_csv(done / "results/figures/histogram.csv")
    shown = counts.groupby(["method", "score", "images"])["count"].sum()
    assert set(shown.index.droplevel("images")) == {("standard", "similarity"), ("cobra", "similarity")}
    assert set(shown) == {28}  # test images


def test_a_figure_of_what_the_paper_has_not_is_an_empty_frame_with_a_sentence(done):
    assert len(pd.read_csv(done / "results/figures/paper.csv")) == 0
    assert "No row of attacks has a figure" in (done / "results/figures/paper.svg").read_text()


def test_a_threshold_table_holds_accuracies_not_aurocs(done):
    cells = pd.read_csv(done / "results/tables/threshold.csv")
    assert {"clean_accuracy", "robust_accuracy"} < set(cells.columns)
    assert not any("auroc" in name for name in cells.columns)
    radii = pq.read_table(done / FOLDER.format("mine") / "scores/own/fab.parquet").to_pandas()
    right = (radii["clean"] > radii["threshold"]) == radii["is_anomaly"]
    withstands = right & (radii["radius"] > 0.1)
    expected = 100 * withstands.groupby(radii["is_anomaly"]).mean().mean()
    assert of_mine(done, "threshold", "robust_accuracy") == pytest.approx(expected, abs=1e-3)


GATES = {"check_gates": 4, "make_gate_table": 1, "plot_results": 1, **TABLE}
OWN = {"adopt_detector": 1, "attack_detector": 6, "combine_attacks": 1, "sweep_detector": 1, "check_gates": 1}
ALL_MADE = {**TABLE, "make_gate_table": 1, "make_table": 2, "trace_table": 2, "plot_results": 4}
MATRIX = {
    "a gate": (added("cobra/gates/attack_strength.py"), GATES),
    "the gate table": (
        added("cobra/reporting/tables/gate_table.py"),
        {"make_gate_table": 1, "make_audit": 1, "demo": 1},
    ),
    "a figure": (added("cobra/reporting/figures/kinds/budget.py"), {"plot_results": 1, "demo": 1}),
    "the user's module": (added("mine.py"), OWN | ALL_MADE),
    "a file it reads": (changed("weights.txt", "2"), OWN | ALL_MADE),
    "the sweep's budgets": (
        settings(sweeps__eps__factors=[0.5, 2]),
        GATES | {"sweep_detector": 4, "plot_results": 2},
    ),
    "what the gates judge by": (settings(gates__doubled=None), GATES),
    "fab's steps": (settings(attacks__fab__steps=4), {"attack_detector": 4, **TABLE}),
    "the attack of a history": (  # and of a combination, a table, and other figures; no training
        settings(attacks__pgd={"steps": 4, "restarts": 2}),
        GATES | {"attack_detector": 4, "follow_training": 3, "combine_attacks": 4, "plot_results": 4},
    ),
    "how trainings are followed": (
        added("cobra/attacks/over_epochs.py"),
        {"follow_training": 3, "plot_results": 1, "demo": 1},
    ),
    "a figure's title": (settings(figures__eps__title="Other"), {"plot_results": 1, "demo": 1}),
    "the order of a transfer's sources": (
        # cobra gets a source, standard and the user's another one: all three change, and what rests on them
        settings(attacks__transfer__source={"methods": ["standard", "cobra"]}),
        {"attack_detector": 4, "combine_attacks": 4, "check_gates": 4, "make_gate_table": 1,
         "plot_results": 2, **TABLE},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MATRIX)
def test_exactly_the_jobs_that_an_edit_concerns_run_again(copy, name):
    edit, expected = MATRIX[name]
    edit(copy)
    assert copy.plan() == expected


def test_all_of_it_is_packed_and_verified(copy):
    packed = copy.paste("python -m workflow.commands.bundle --configfile tiny.yaml --output b.tar.gz")
    assert packed.returncode == 0, packed.stderr
    assert "5 files left out" in packed.stdout
    done = copy.paste('python -c "from cobra.cli import main; main()" verify b.tar.gz')
    assert "40 cells of tables, 44 verdicts and the numbers of 6 figures follow" in done.stdout, done.stderr
