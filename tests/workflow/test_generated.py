"""Generated anomalies from a folder: who trains on them, and what runs again when they change."""

import json

import numpy as np
import pytest
from packing import png
from projects import checkout

DETECTOR = "results/digits/{}/{}/seed0/detector.pt"
SHEET = "results/figures/contact_sheet_digits.png"
TABLE = "results/tables/losses.csv"
FOLDER = "made/digits"

pytestmark = pytest.mark.workflow


def place(project, normal, name, seed):
    """A generated image, noise of a size of its own, for a class."""
    pixels = np.random.default_rng(seed).integers(0, 256, (30, 20), dtype=np.uint8)
    path = project / FOLDER / normal / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png(pixels))


def identity(project, normal, method):
    record = (project / DETECTOR.format(normal, method)).with_suffix(".run.json")
    return json.loads(record.read_text())["identity"]


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """A project that ran to its end, one of its two methods on generated anomalies."""
    project = checkout(tmp_path_factory.mktemp("generated") / "project")
    for seed, (normal, name) in enumerate([("0", "a.png"), ("0", "b.png"), ("1", "a.png")]):
        place(project, normal, name, seed)
    project.configure(
        {
            "methods.cobra.detector": {"crafting": {"generated": {"folder": FOLDER, "share": 0.5}}},
            "methods.cobra.scores": ["similarity"],
            "attacks.pgd.steps": 1,
        }
    )
    project.make()
    return project


def test_a_detector_names_the_images_that_it_was_trained_on(generated):
    own = {normal: identity(generated, normal, "cobra")["inputs"] for normal in "01"}
    assert own["0"].keys() == own["1"].keys() == {"data", "generated"}
    assert own["0"]["data"] == own["1"]["data"]
    assert own["0"]["generated"] != own["1"]["generated"]
    assert identity(generated, "0", "standard")["inputs"].keys() == {"data"}


def test_the_table_tells_of_generated_anomalies(generated):
    notes = (generated / TABLE).with_suffix(".md").read_text()
    assert f"crafting.generated.folder {FOLDER} (paper: none)" in notes
    assert "crafting.generated.share 0.5 (paper: 0)" in notes


def test_an_image_more_trains_its_class_again_and_no_other(generated, tmp_path):
    project = generated.copy(tmp_path / "project")
    assert project.plan() == {}
    place(project, "0", "c.png", 3)
    said = project.run("python", "-m", "workflow.commands.why", "--configfile", "tiny.yaml").stdout
    assert f"because files in {FOLDER}/0: " in said
    assert project.plan() == {
        "train_detector": 1,
        "attack_detector": 1,
        "make_table": 2,
        "trace_table": 2,
        "make_audit": 1,
        "demo": 1,
    }
    before = {path: (project / path).read_bytes() for path in (DETECTOR.format(c, "cobra") for c in "01")}
    project.make()
    changed = [path for path, content in before.items() if (project / path).read_bytes() != content]
    assert changed == [DETECTOR.format(0, "cobra")]
    assert project.plan() == {}


def test_a_contact_sheet_of_generated_anomalies_is_drawn_again_with_them(generated, tmp_path):
    project = generated.copy(tmp_path / "project")
    project.configure({"methods.standard.detector.crafting": {"generated": {"folder": FOLDER}}})
    project.make(SHEET)
    assert project.plan(SHEET) == {}
    place(project, "1", "c.png", 3)
    assert project.plan(SHEET) == {"plot_contact_sheet": 1}


def test_an_image_that_cannot_be_read_stops_the_training(generated, tmp_path):
    project = generated.copy(tmp_path / "project")
    (project / FOLDER / "0/c.png").write_bytes(b"no image")
    target = DETECTOR.format(0, "cobra")
    done = project.snakemake("--", target)
    assert done.returncode != 0
    sentence = f"error: crafting.generated.folder: 1 of 3 images cannot be used ({FOLDER}/0/c.png "
    assert sentence in done.stderr


def test_results_are_packed_and_verified_without_the_folder(generated, tmp_path):
    project = generated.copy(tmp_path / "project")
    bundle = str(tmp_path / "bundle.tar.gz")
    packed = project.run(
        "python", "-m", "workflow.commands.bundle", "--configfile", "tiny.yaml", "--output", bundle
    )
    assert packed.returncode == 0, packed.stderr
    verified = checkout(tmp_path / "other").run("cobra", "verify", bundle)
    assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("gone", "crafting.generated.folder: gone is no folder: correct the path, or make the"),
        ("made", "made has no sub-folder '1' for the normal class of that name (there: 0): add it"),
    ],
)
def test_a_folder_that_lacks_a_class_stops_before_any_job(fresh, folder, words):
    fresh.configure({"detector.crafting.generated": {"folder": folder}})
    (fresh / "made/0").mkdir(parents=True)
    (fresh / "made/0/a.png").touch()
    done = fresh.snakemake()
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert words in said
    assert "Traceback" not in said
    assert not (fresh / "results").exists()
