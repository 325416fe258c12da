"""The leaderboard through the real rules: attack a detector of one's own, send its record, see it ranked."""

import json

import pandas as pd
import pytest
from projects import CONFIG

CHANGES = {
    "datasets.digits.classes": ["0"],
    "methods.cobra.scores": ["similarity"],
    "attacks": {"pgd": {"steps": 3, "restarts": 2}, "pgd_6": {"steps": 6, "restarts": 1}},
    "gates": {"claim": "pgd", "doubled": "pgd_6", "undefended": "standard"},
    "leaderboard": {"folder": "records", "about": {"contact": "us"}},
}
FOLDER = "results/leaderboard/digits/0/cobra/seed0/similarity"
ATTACK = (
    "cobra", "attack", "--score", "mine:brightness", "--data", "results/prepared/digits/images.npy",
    "--terms", "results/leaderboard/terms.json", "--normal", "0", "--name", "mine", "--record", "mine.tar.gz",
)  # fmt: skip
TO = ("--to", "records")

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def project(finished, tmp_path_factory):
    made = finished.copy(tmp_path_factory.mktemp("leaderboard") / "project")
    made.configure(CHANGES)
    (made / "mine.py").write_text("def brightness(images):\n    return images.mean(dim=(1, 2, 3))\n")
    made.make("demo")
    return made


def cobra(project, *command):
    return project.run(*command)


def board(project):
    return pd.read_csv(project / "results/leaderboard.csv", dtype={"class": str}).set_index("method")


def test_a_record_is_made_of_each_detector_with_the_figures_of_the_table(project):
    found, table = board(project), pd.read_csv(project / "results/tables/losses.csv")
    assert set(found.index) == {"standard", "cobra"}
    cells = table[table["class"] == "0"].set_index("method")
    for column in ("clean_auroc", "robust_auroc", "robust_low", "robust_high"):
        assert found[column].to_dict() == cells[column].to_dict()
    record = json.loads((project / f"{FOLDER}.json").read_text())
    assert record["about"]["contact"] == "us"
    assert list(record["suite"]["attacks"]) == ["pgd"]
    assert {file["role"] for file in record["files"]} == {"attack", "doubled", "undefended"}


def test_a_detector_of_one_s_own_is_attacked_sent_checked_and_ranked(project):
    done = cobra(project, *ATTACK)
    assert done.returncode == 0, done.stderr
    done = cobra(project, "cobra", "submit-record", "mine.tar.gz", *TO)
    assert done.returncode == 0, done.stderr
    assert project.plan() == {"check_record": 1, "make_leaderboard": 1, "demo": 1}
    project.make("demo")
    assert project.plan() == {}
    found = board(project)
    assert found["origin"].to_dict() == {"standard": "here", "cobra": "here", "mine": "submitted"}
    assert "mine, seed 0" in (project / "results/leaderboard.html").read_text()


def test_our_own_record_could_be_sent_as_well(project, tmp_path):
    failed = json.loads((project / f"{FOLDER}.json").read_text())["gates"]
    done = cobra(project, "cobra", "submit-record", f"{FOLDER}.tar.gz", "--to", str(tmp_path))
    faults = [f"fails gate {gate['gate']} " for gate in failed if gate["verdict"] == "fail"]
    assert (done.returncode != 0) == bool(faults)
    assert all(fault in done.stderr for fault in faults)


def test_a_bundle_holds_the_leaderboard_and_is_verified(project):
    pack = ("-m", "workflow.commands.bundle", "--configfile", CONFIG, "--output", "b.tar.gz")
    done = project.run("python", *pack)
    assert done.returncode == 0, done.stderr
    done = cobra(project, "cobra", "verify", "b.tar.gz")
    assert done.returncode == 0, done.stderr


def test_the_report_shows_it(project):
    done = project.run("python", "-m", "workflow.commands.report", "--configfile", CONFIG, "demo")
    assert done.returncode == 0, done.stderr
    assert "Detectors by their robust AUROC" in (project / "results/report.html").read_text()


def test_a_file_put_into_the_folder_by_hand_is_checked_before_it_is_ranked(project):
    path = project / "records/digits/0/other/seed0.tar.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes((project / "mine.tar.gz").read_bytes()[:900])
    done = project.snakemake("--", "leaderboard")
    assert done.returncode != 0
    log = (project / "results/logs/leaderboard/submitted/digits/0/other/seed0.log").read_text()
    assert "is no bundle, or not a whole one" in log
    assert "other" not in (project / "results/leaderboard.csv").read_text()
