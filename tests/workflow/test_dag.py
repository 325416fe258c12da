"""The workflow as a whole: what it makes, with which code, and that it then has nothing to do."""

import json
import re
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from cobra.artifacts.digests import file_digest

CELL_COLUMNS = [
    "dataset", "class", "method", "score", "attack", "clean_auroc", "clean_low", "clean_high",
    "robust_auroc", "robust_low", "robust_high", "clean_paper", "clean_difference", "clean_comparison",
    "robust_paper", "robust_difference", "robust_comparison", "gates", "score_files",
]  # fmt: skip
SCORES = [("standard", "similarity"), ("cobra", "similarity"), ("cobra", "classifier")]
MINE = {"title": "Mine", "rows": "datasets", "datasets": ["digits"], "methods": ["cobra"], "attack": "pgd"}
DETECTOR = "results/digits/{}/{}/seed0"

pytestmark = pytest.mark.workflow


def test_the_copy_s_own_code_runs_not_the_installed_one(finished):
    shown = finished.run("python", "-c", "import cobra; print(cobra.__file__)")
    assert Path(shown.stdout.strip()) == finished / "cobra/__init__.py"


def test_every_detector_has_its_log_and_record(finished):
    for normal in "01":
        for method in ("standard", "cobra"):
            folder = finished / DETECTOR.format(normal, method)
            log = pd.read_csv(folder / "training.csv")
            assert log["epoch"].tolist() == [1, 2]
            assert log["loss"].gt(0).all()
            record = json.loads((folder / "detector.run.json").read_text())
            assert record["starts"] == 1
            subject = record["identity"]["subject"]
            assert subject == {"dataset": "digits", "normal": normal, "method": method, "seed": 0}


def test_every_score_file_holds_all_test_images_clean_and_attacked(finished):
    for normal in "01":
        for method, score in SCORES:
            folder = finished / DETECTOR.format(normal, method) / "scores" / score
            frame = pq.read_table(folder / "pgd.parquet").to_pandas()
            assert (len(frame), frame["is_anomaly"].sum()) == (28, 18)
            direction = frame["is_anomaly"].map({True: -1.0, False: 1.0})
            assert (direction * (frame["attacked"] - frame["clean"]) >= 0).all()
            assert (frame["attacked"] != frame["clean"]).any()
            assert (folder / "pgd.run.json").is_file()


def test_tables_for_machines_hold_a_row_per_class_and_mean(finished):
    losses = pd.read_csv(finished / "results/tables/losses.csv", dtype={"class": str})
    assert list(losses.columns) == CELL_COLUMNS
    rows = [("digits", normal, method, score) for method, score in SCORES for normal in ("0", "1", "mean")]
    assert list(losses[CELL_COLUMNS[:4]].itertuples(index=False, name=None)) == rows
    assert losses["clean_auroc"].between(0, 100).all()
    assert (losses["robust_auroc"] <= losses["clean_auroc"]).all()
    for files in losses["score_files"]:
        assert all((finished / file).is_file() for file in files.split())
    datasets = pd.read_csv(finished / "results/tables/datasets.csv")
    assert set(datasets["method"]) == {"cobra"}


def test_every_figure_is_traced_to_its_detector_commit_and_time(finished):
    traced = pd.read_csv(finished / "results/tables/losses.provenance.csv", dtype={"class": str})
    assert traced[["class", "label"]].to_numpy().tolist() == [
        [normal, line]
        for normal in ("0", "1")
        for line in ("standard training", "L_COBRA + L_CLS", "L_COBRA + L_CLS, classifier score")
    ]
    for row in traced.itertuples():
        assert row.detector_digest == file_digest(finished / row.detector_file)
        assert {row.attack_commit, row.training_commit} == {"outside of a git checkout"}
        assert min(row.attack_seconds, row.training_seconds) >= 0  # rounded to hundredths
    losses = pd.read_csv(finished / "results/tables/losses.csv", dtype={"class": str})
    alone = losses[losses["class"] != "mean"].set_index(["class", "method", "score"])["robust_auroc"]
    ours = traced.set_index(["class", "method", "score"])["robust_auroc"]
    assert ours.to_dict() == alone.to_dict()  # one seed


@pytest.mark.parametrize("suffix", ["md", "tex", "html"])
def test_tables_for_people_name_every_method(finished, suffix):
    text = (finished / f"results/tables/losses.{suffix}").read_text().replace("\\_", "_")
    for label in ("Objectives", "standard training", "L_COBRA + L_CLS", "classifier score"):
        assert label in text


def test_tables_say_that_only_part_of_the_data_was_used(finished):
    below = (finished / "results/tables/losses.md").read_text().split("Not the paper's setting")[1]
    assert "epochs 2" in below
    for limit in ("limit 32", "normal_limit 10", "anomaly_limit 18"):
        assert limit in below


def test_logs_are_written_and_scratch_is_left_empty(finished):
    assert (finished / "results/logs/train/digits/0/cobra/seed0.log").is_file()
    assert (finished / "results/logs/tables/losses.benchmark.tsv").is_file()
    assert finished.scratch() == []
    assert list((finished / "results").rglob("*.tmp")) == []


def test_a_second_run_has_nothing_to_do(finished, project):
    assert "Nothing to be done" in project.snakemake().stderr
    assert project.contents() == finished.contents()


def test_the_audit_is_a_target_that_follows_from_all_tables(finished, project):
    page = (finished / "results/audit.md").read_text()
    assert "No gates were configured" in page
    assert re.search(r"\| datasets +\| 0 +\| 0 +\| 0 +\| 12 +\| 0 +\|", page)
    for path in ("results/tables/losses.csv", "results/audit.csv"):
        (project / path).unlink()
    assert project.plan("audit") == {"make_table": 1, "make_audit": 1, "audit": 1}


def test_a_configuration_may_have_tables_of_any_name(fresh):
    fresh.configure({"tables": {"mine": dict(MINE)}})
    assert fresh.plan() == {
        "demo": 1,
        "make_table": 1,
        "trace_table": 1,
        "make_audit": 1,
        "attack_detector": 4,
        "train_detector": 2,
        "prepare_dataset": 1,
    }


def test_lists_and_mappings_may_be_given_on_the_command_line(project):
    more = ("--config", "seeds=[0,1]", 'datasets={digits: {classes: ["0"]}}', "--", "table_losses")
    code, output, errors = project.dry_run(*more)
    assert code == 0, errors
    # two methods, one class, a seed more
    assert re.search(r"^train_detector +2$", output, re.MULTILINE)
