"""Baselines in the workflow: trained, attacked and tabulated; an edit reruns those that it concerns alone."""

import json
import shutil

import pandas as pd
import pytest
import yaml
from edits import added, settings
from projects import CONFIG, checkout

from cobra.artifacts.files import read_table

pytestmark = pytest.mark.workflow

METHODS = ["pixels", "autoencoder"]
NETWORK = {"channels": [4], "latent": 4}
BASELINES = {
    "datasets.digits.classes": ["0"],
    "methods": {
        "pixels": {"label": "Pixels", "baseline": {"kind": "pixels_knn"}},
        "autoencoder": {
            "label": "Autoencoder",
            "reported": "APAE",
            "baseline": {"kind": "autoencoder", "network": NETWORK, "training": {"epochs": 2}},
        },
    },
    "tables": {
        "losses": {
            "title": "Baselines", "rows": "methods", "datasets": ["digits"], "methods": METHODS,
            "attack": "pgd", "reported": "datasets",
        }
    },
}  # fmt: skip
TABLE = {"make_table": 1, "make_audit": 1, "trace_table": 1, "demo": 1}
ONE = {"train_baseline": 1, "attack_detector": 1, **TABLE}
BOTH = {"train_baseline": 2, "attack_detector": 2, **TABLE}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A project with baselines alone that has run to its end."""
    project = checkout(tmp_path_factory.mktemp("baselines") / "project")
    project.configure(BASELINES)
    project.make()
    return project


MATRIX = {
    "one baseline's module": (added("cobra/detectors/baselines/pixels_knn.py"), ONE),
    "one baseline's setting": (settings(methods__pixels__baseline__neighbours=1), ONE),
    "what one of them rests on": (added("cobra/detectors/baselines/parts/lenet.py"), ONE),
    "what both rest on": (added("cobra/detectors/baseline_detector.py"), BOTH),
    "a baseline that no method names": (added("cobra/detectors/baselines/deep_svdd.py"), {}),
    "our training": (added("cobra/training/trainer.py"), {}),
    "the images trained on": (settings(detector__subset={"limit": 20}), BOTH),
}


@pytest.mark.parametrize("name", MATRIX)
def test_exactly_the_jobs_that_an_edit_concerns_run_again(done, tmp_path, name):
    edit, expected = MATRIX[name]
    project = done.copy(tmp_path / "project")
    edit(project)
    assert project.plan() == expected


def test_baselines_stand_in_the_table_with_their_departures(done):
    cells = pd.read_csv(done / "results/tables/losses.csv")
    own = cells[cells["class"] == "0"].set_index("method")
    assert set(own.index) == set(METHODS)
    assert own["clean_auroc"]["pixels"] > 90
    assert (own["robust_auroc"] <= own["clean_auroc"]).all()
    text = (done / "results/tables/losses.md").read_text()
    assert "autoencoder.training.epochs 2 (paper: 350)" in text
    assert "autoencoder.network.channels [4] (paper: [32, 64, 128])" in text


def test_where_its_figures_come_from_is_told(done):
    rows = pd.read_csv(done / "results/tables/losses.provenance.csv")
    assert rows["detector_file"].str.endswith("detector.pt").all()
    record = json.loads((done / "results/digits/0/pixels/seed0/detector.run.json").read_text())
    identity = record["identity"]
    assert identity["settings"]["baseline"] == {"kind": "pixels_knn", "neighbours": 2}
    assert identity["settings"]["departures"] == ["subset.limit 32 (paper: all)"]


def test_cobra_attack_finds_in_its_file_what_the_workflow_found(done, tmp_path):
    project = done.copy(tmp_path / "project")
    told = project.paste(
        "cobra attack --detector results/digits/0/autoencoder/seed0/detector.pt --output out "
        "--data results/prepared/digits/images.npy --eps 0.1 --attacks pgd --steps 3 --restarts 2 --limit 10"
    )
    assert told.returncode == 0, told.stderr
    assert "# 0 normal, 20 test images" in told.stdout
    theirs, found = (
        pd.read_parquet(project / path).set_index("image_id")
        for path in ("results/digits/0/autoencoder/seed0/scores/own/pgd.parquet", "out/0/pgd.parquet")
    )
    assert len(found) == 20
    pd.testing.assert_frame_equal(found, theirs.loc[found.index], check_exact=True)
    _, identity = read_table(project / "out/0/pgd.parquet")
    assert (identity.subject["method"], identity.subject["score"]) == ("autoencoder", "own")


def test_their_results_are_packed_and_verified(done, tmp_path):
    project = done.copy(tmp_path / "project")
    packed = project.paste("python -m workflow.commands.bundle --configfile tiny.yaml --output b.tar.gz")
    assert packed.returncode == 0, packed.stderr
    verified = project.paste('python -c "from cobra.cli import main; main()" verify b.tar.gz')
    assert verified.returncode == 0, verified.stderr


def test_their_times_are_foretold_by_those_recorded(done, tmp_path):
    project = done.copy(tmp_path / "project")
    project.configure({"methods.pixels.baseline.neighbours": 1})
    told = project.paste("python -m workflow.commands.why --configfile tiny.yaml")
    assert "train_baseline (from recorded times)" in told.stdout, told.stderr
    assert "neighbours: 2 -> 1" in told.stdout


def test_one_category_of_mvtec_from_the_folder_to_a_judged_figure(fresh, real_data):
    """The configuration that is shipped, one baseline of it, attacked in a few steps."""
    shutil.copytree(real_data / "mvtec", fresh / "resources/manual/mvtec")
    config = yaml.safe_load((fresh / "config/experiments/baselines_mvtec.yaml").read_text())
    method = "random_patchcore"
    config["methods"] = {method: config["methods"][method]}
    for name, attack in config["attacks"].items():
        attack |= {"steps": 6 if name == config["gates"]["doubled"] else 3}
    del config["attacks"]["transfer"], config["gates"]["undefended"], config["tables"]["paper"]
    config["combinations"]["worst"]["parts"].remove("transfer")
    config["tables"]["baselines"]["methods"] = [method]
    (fresh / CONFIG).write_text(yaml.safe_dump(config))
    fresh.make()
    results = fresh / config["results"]
    (cell,) = pd.read_csv(results / "tables/baselines.csv").query("`class` == 'bottle'").itertuples()
    assert cell.robust_auroc <= cell.clean_auroc
    assert pd.read_csv(results / "tables/gates.csv")["gate"].nunique() == 11
    text = (results / "tables/baselines.md").read_text()
    assert "mvtec (reduced)" in text
    for remark in (
        "resolution 64 (usual: 224)",
        "random_patchcore.network resnet18 (paper: wide_resnet50_2)",
    ):
        assert remark in text
