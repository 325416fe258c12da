"""config/experiments/released.yaml in miniature: the paper's method and the released code's side by side,
each difference alone, and what switching it runs again.
"""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from edits import settings
from projects import ROOT, checkout

from cobra.artifacts.differences import settings_differences

PRESET = yaml.safe_load((ROOT / "config/experiments/released.yaml").read_text())
ALONE = {
    "cl": ["objective.contrastive: cobra -> cl"],
    "unfiltered": ["crafting.filter.enabled: True -> False"],
    "group_attack": [
        "adversary.terms: ['contrastive', 'classification'] -> ['contrastive', 'classification', 'group']"
    ],
    "rotations": [
        "crafting.filter.enabled: True -> False",
        "crafting.groups: pseudo_anomaly -> rotations",
    ],
}
METHODS = ["paper", *ALONE, "released"]
TURNED = ["rotations", "released"]  # which the ensemble can judge
MINIATURE = {
    "datasets.digits.classes": ["0"],
    "methods": {name: method | {"scores": ["similarity"]} for name, method in PRESET["methods"].items()},
    "scores": PRESET["scores"] | {"ensemble": {"kind": "ensemble", "augmentations": 2}},
    "attacks": {name: attack | {"steps": 3} for name, attack in PRESET["attacks"].items()},
    "tables": {name: PRESET["tables"][name] | {"datasets": ["digits"]} for name in ("released", "worst")},
}
ENSEMBLE = {f"methods.{name}.scores": ["similarity", "ensemble"] for name in TURNED}
FOLDER = "results/digits/0/{}/seed0"
TABLES = {"make_table": 2, "trace_table": 2, "make_audit": 1, "demo": 1}
ONE_TABLE = {"make_table": 1, "trace_table": 1, "make_audit": 1, "demo": 1}

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A project in which all detectors were judged by the paper's score: to look at, never to change."""
    project = checkout(tmp_path_factory.mktemp("released") / "plain")
    project.configure(MINIATURE)
    project.make()
    return project


@pytest.fixture(scope="module")
def done(plain, tmp_path_factory):
    """The same after those trained on rotations were judged by the ensemble, too."""
    project = plain.copy(tmp_path_factory.mktemp("released") / "done")
    project.configure(ENSEMBLE)
    project.make()
    return project


def trained(project, method):
    """The settings of a detector, as its run record tells them."""
    record = json.loads((project / FOLDER.format(method) / "detector.run.json").read_text())
    return record["identity"]["settings"]


def scores(project, method, attack, score="similarity"):
    return pq.read_table(project / FOLDER.format(method) / f"scores/{score}/{attack}.parquet").to_pandas()


@pytest.mark.parametrize("method", ALONE)
def test_a_method_was_trained_with_its_difference_alone_and_scores_otherwise(done, method):
    found = settings_differences(trained(done, "paper"), trained(done, method))
    assert sorted(found) == ALONE[method]
    assert (scores(done, method, "pgd")["clean"] != scores(done, "paper", "pgd")["clean"]).any()


def test_the_released_method_was_trained_with_all_differences(done):
    found = settings_differences(trained(done, "paper"), trained(done, "released"))
    assert set(found) == {each for own in ALONE.values() for each in own}


def test_a_table_has_a_row_for_each_difference(done):
    cells = pd.read_csv(done / "results/tables/worst.csv")
    shown = set(zip(cells["method"], cells["score"], strict=True))
    assert shown == {*((name, "similarity") for name in METHODS), *((name, "ensemble") for name in TURNED)}
    text = (done / "results/tables/worst.md").read_text()
    assert all(PRESET["methods"][name]["label"] in text for name in METHODS)


def test_paper_and_released_code_stand_side_by_side_under_both_attacks(done):
    cells = pd.read_csv(done / "results/tables/released.csv")
    cells = cells[(cells["class"] == "mean") & cells["attack"].isin(PRESET["attacks"])]
    found = cells.groupby("attack")[["method", "score"]].apply(lambda rows: set(map(tuple, rows.to_numpy())))
    columns = {("paper", "similarity"), ("released", "similarity"), ("released", "ensemble")}
    assert found.to_dict() == dict.fromkeys(PRESET["attacks"], columns)


def test_the_last_iterate_counts_under_the_released_attack_and_the_worst_of_all_under_pgd(done):
    last = scores(done, "paper", "released")
    assert (last["attacked"] == last["r1_s3"]).all()
    worst = scores(done, "paper", "pgd")
    direction = np.where(worst["is_anomaly"], -1, 1)
    signed = worst.filter(regex=r"^(clean|r\d+_s\d+)$").mul(direction, axis=0)
    assert (direction * worst["attacked"] == signed.max(axis=1)).all()


def test_the_ensemble_is_another_score_of_the_same_detector(plain, done):
    for method in TURNED:
        path = f"{FOLDER.format(method)}/detector.pt"
        assert (plain / path).stat().st_mtime_ns == (done / path).stat().st_mtime_ns
        one, other = scores(done, method, "pgd"), scores(done, method, "pgd", "ensemble")
        assert (one["clean"] != other["clean"]).all()


def test_switching_the_score_to_the_ensemble_trains_nothing(plain, tmp_path):
    project = plain.copy(tmp_path / "project")
    project.configure({f"methods.{name}.scores": ["ensemble"] for name in TURNED})
    assert project.plan() == {"attack_detector": 3, **TABLES}  # pgd on both, the released attack on one


MATRIX = {
    "nothing": (settings(), {}),
    "what the attack keeps": (settings(attacks__released__keep="worst"), {"attack_detector": 3, **ONE_TABLE}),
    "the third attack": (
        settings(methods__group_attack__detector={}),
        {"train_detector": 1, "attack_detector": 1, **ONE_TABLE},
    ),
    "rotations": (
        settings(
            methods__rotations__detector={"crafting": {"filter": {"enabled": False}}},
            methods__rotations__scores=["similarity"],
        ),
        {"train_detector": 1, "attack_detector": 1, **ONE_TABLE},
    ),
    "the ensemble's size": (
        settings(scores__ensemble__augmentations=3),
        {"attack_detector": 3, **TABLES},
    ),
}


@pytest.mark.parametrize("name", MATRIX)
def test_exactly_the_jobs_that_a_switch_concerns_run_again(copy, name):
    edit, expected = MATRIX[name]
    edit(copy)
    assert copy.plan() == expected
