"""Every data set from files laid out as by its authors to a prepared array: small, of our own images."""

import re
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
from miniatures import SMALL
from offered import offer, only
from photographs import ANY, PHOTOGRAPHS
from projects import checkout
from server import served

from cobra.data.one_class import testing_images, training_images
from cobra.data.prepared import read_prepared
from cobra.data.settings import TestSubset, TrainingSubset

BUILDERS = SMALL | PHOTOGRAPHS
BY_HAND = ("imagenet30", "cityscapes")
LICENSED = ["svhn", "mvtec", "isic2018"]
INEXACT = {"visa": 3, "isic2018": 3, "imagenet30": 3}  # JPEG: by how much colours may be off
IMAGES = "results/prepared/{}/images.npy"

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def miniatures():
    return {dataset: build() for dataset, build in BUILDERS.items()}


@pytest.fixture(scope="module")
def run(miniatures, tmp_path_factory):
    """A project that has fetched and prepared all data sets, in one run, and what the server was asked."""
    project = checkout(tmp_path_factory.mktemp("datasets") / "project")
    datasets = {name: {"classes": list(made.counts())} for name, made in miniatures.items()}
    project.configure(only(datasets) | {"data.accept_licences": LICENSED, "data.counts": "error"})
    with served() as server:
        for dataset, made in miniatures.items():
            offered(project, server, dataset, made)
        done = project.snakemake("--", *(IMAGES.format(dataset) for dataset in BUILDERS))
    return project, server, done.stdout + done.stderr


def offered(project, server, dataset, made):
    """Serve the files of a data set, or place them if that is the only way to get them."""
    if dataset not in BY_HAND:
        server.files |= {f"/{dataset}/{name}": content for name, content in made.files.items()}
        offer(project, dataset, made.files, known(made), [server.address])
        return
    drop = project / f"resources/manual/{dataset}"
    drop.mkdir(parents=True)
    for name, content in made.files.items():
        (drop / name).write_bytes(content)
    offer(project, dataset, made.files, known(made))


def known(made):
    """The miniature's counts, unless the reader draws the split."""
    return {} if ANY in {split for split, _, _ in made.labels.values()} else made.counts()


@pytest.fixture
def project(run):
    """The project in which all data sets are prepared: to look at."""
    return run[0]


def manifest_of(project, dataset):
    return pq.read_table((project / IMAGES.format(dataset)).with_suffix(".parquet")).to_pandas()


def colours_of(image):
    """The middle of each quarter of an image."""
    near, far = len(image) // 4, 3 * len(image) // 4
    return image[near, near], image[near, far], image[far, near], image[far, far]


def recognised(image, made, tolerance):
    """The colour, among those of the miniature, that an image has; it must lie upright and unmirrored."""
    quarters = np.array(colours_of(image), dtype=int)
    colour = min(made.labels, key=lambda known: np.abs(quarters[0] - known).sum())
    assert np.abs(quarters[[0, 2, 3]] - colour).max() <= tolerance
    assert quarters[1].max() <= tolerance
    return colour


@pytest.mark.parametrize("dataset", BUILDERS)
def test_every_image_has_the_split_the_class_and_the_defect_that_were_put_in(run, miniatures, dataset):
    project, _, said = run
    assert (project / IMAGES.format(dataset)).is_file(), said
    made = miniatures[dataset]
    images, rows = np.load(project / IMAGES.format(dataset)), manifest_of(project, dataset)
    found = {}
    for row in rows.itertuples():
        colour = recognised(images[row.image_id], made, INEXACT.get(dataset, 0))
        split = ANY if made.labels[colour][0] == ANY else row.split
        found[colour] = (split, row.category, row.defect)
    assert found == made.labels
    assert len(rows) == len(images) == len(made.labels)


@pytest.mark.parametrize("dataset", BUILDERS)
def test_nothing_deviates_from_what_the_catalog_says(project, dataset):
    assert read_prepared(project / IMAGES.format(dataset)).remarks == []


def test_scenes_between_the_bounds_are_left_out_and_70_percent_of_the_normal_train(project):
    counts = manifest_of(project, "cityscapes").groupby(["split", "defect"]).size().to_dict()
    assert counts == {("train", ""): 7, ("test", ""): 3, ("test", "covered"): 4}


def labels_of(rows, ids):
    return set(rows.loc[ids, ["split", "category", "defect"]].itertuples(index=False, name=None))


@pytest.mark.parametrize("dataset", BUILDERS)
def test_training_sees_one_class_and_testing_its_anomalies(project, dataset):
    prepared, rows = read_prepared(project / IMAGES.format(dataset)), manifest_of(project, dataset)
    normal = rows["category"].iloc[0]
    trained = training_images(prepared, normal, TrainingSubset())
    tested = testing_images(prepared, normal, TestSubset())
    assert labels_of(rows, trained.ids) == {("train", normal, "")}
    assert labels_of(rows, tested.images.ids[~tested.is_anomaly]) == {("test", normal, "")}
    anomalies = rows[(rows["split"] == "test") & (rows["category"] != normal)]
    if prepared.protocol == "defects":
        anomalies = rows[(rows["category"] == normal) & (rows["defect"] != "")]
    assert set(tested.images.ids[tested.is_anomaly].tolist()) == set(anomalies["image_id"])


def test_every_file_is_fetched_once_and_others_not_at_all(run, miniatures):
    _, server, _ = run
    wanted = {
        f"/{dataset}/{name}"
        for dataset, made in miniatures.items()
        for name in made.files
        if dataset not in BY_HAND and not name.startswith("ISIC2018_Task3_Test")
    }
    assert sorted(path for path, _ in server.asked) == sorted(wanted)


def test_no_half_files_and_nothing_unpacked_stay(project):
    assert project.scratch() == []
    assert not list((project / "resources").rglob("*.part"))
    assert not list(project.folder.rglob("*.tmp"))


def targets():
    return [IMAGES.format(dataset) for dataset in BUILDERS]


def test_a_second_run_does_nothing(project):
    assert project.plan(*targets()) == {}


def test_downloads_may_be_removed_when_all_is_prepared(project, tmp_path):
    tidy = project.copy(tmp_path / "tidy")
    shutil.rmtree(tidy / "resources/downloads")
    assert tidy.plan(*targets()) == {}


LATER = {
    "another licence is accepted": {"data.accept_licences": [*LICENSED, "mnist", "cifar10"]},
    "a licence is no longer accepted": {"data.accept_licences": []},
    "deviations are taken": {"data.counts": "warn"},
    "fewer classes are used": {"datasets.mnist.classes": ["3"], "datasets.mvtec.classes": ["grid"]},
}


@pytest.mark.parametrize("change", LATER)
def test_what_only_decides_whether_data_are_taken_prepares_nothing_anew(project, tmp_path, change):
    later = project.copy(tmp_path / "later")
    later.configure(LATER[change])
    assert later.plan(*targets()) == {}


def test_cobra_datasets_says_what_is_here(project):
    done = project.run("python", "-c", "from cobra.cli import main; main()", "datasets")
    words = {name: re.search(rf"^{name} .*", done.stdout, re.MULTILINE)[0] for name in BUILDERS}
    for dataset, line in words.items():
        assert ("placed" if dataset in BY_HAND else "downloaded") in line.split()


def test_cobra_datasets_says_what_is_missing(fresh):
    done = fresh.run("python", "-c", "from cobra.cli import main; main()", "datasets")
    assert "4 of 4 files missing" in re.search(r"^mnist .*", done.stdout, re.MULTILINE)[0]
    assert "embedded" in re.search(r"^digits .*", done.stdout, re.MULTILINE)[0]
    done = fresh.run("python", "-c", "from cobra.cli import main; main()", "datasets", "imagenet30")
    assert "place ImageNet-30-train.zip" in " ".join(done.stdout.split())
