"""Data that cannot be had, or folders that are none: said by the workflow, before any job where possible."""

import pytest
from faults import AT_ONCE, assert_nothing_made, lay_out, patched, sentence_in
from offered import offer, only
from packing import noise
from photographs import PHOTOGRAPHS
from projects import checkout
from server import served

IMAGES = "results/prepared/{}/images.npy"

pytestmark = pytest.mark.workflow

UNAVAILABLE = {
    "imagenet30": (
        "ImageNet-30-train.zip",
        ("ImageNet-30 must be fetched by hand", "https://github.com/hendrycks/ss-ood",
         "place it in resources/manual/imagenet30"),
    ),
    "cityscapes": (
        "gtFine_trainvaltest.zip",
        ("must be fetched by hand", "https://www.cityscapes-dataset.com/downloads/",
         "place it in resources/manual/cityscapes"),
    ),
    "mvtec": (
        "mvtec_anomaly_detection.tar.xz",
        ("MVTec AD has the licence CC BY-NC-SA 4.0", "see https://www.mvtec.com",
         "add mvtec to data.accept_licences"),
    ),
    "svhn": (
        "train_32x32.mat",
        ("SVHN (cropped digits) has the licence non-commercial", "add svhn to data.accept_licences"),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def unavailable(tmp_path_factory):
    """A project that wants data sets of which none may be fetched, and what Snakemake said of it."""
    project = checkout(tmp_path_factory.mktemp("unavailable") / "project")
    project.configure(only({dataset: {} for dataset in UNAVAILABLE}))
    done = project.snakemake("--", *map(IMAGES.format, UNAVAILABLE))
    assert done.returncode != 0
    return project, done.stdout + done.stderr


@pytest.mark.parametrize("dataset", UNAVAILABLE)
def test_data_that_no_one_may_fetch_are_told_with_what_to_do(unavailable, dataset):
    project, shown = unavailable
    file, words = UNAVAILABLE[dataset]
    said = sentence_in((project / f"results/logs/download/{dataset}/{file}.log").read_text())
    assert all(word in said for word in words), said
    assert said in shown
    assert "Traceback" not in shown
    assert_nothing_made(project)


def test_a_failed_download_is_told_by_the_workflow(fresh):
    patched(fresh, AT_ONCE)
    fresh.configure(only({"visa": {}}))
    with served() as server:
        offer(fresh, "visa", {"VisA_20220922.tar": noise(2000)}, addresses=[server.address])
        done = fresh.snakemake("--", IMAGES.format("visa"))
    assert done.returncode != 0
    said = sentence_in(
        (fresh / "results/logs/download/visa/VisA_20220922.tar.log").read_text().split("\n", 1)[1]
    )
    assert "answered 404 Not Found" in said
    assert said in done.stdout + done.stderr
    assert_nothing_made(fresh)


def test_bad_data_are_told_by_the_workflow(fresh):
    fresh.configure(only({"mvtec": {"classes": ["bottle"]}}) | {"data.counts": "error"})
    lay_out(fresh, "mvtec", PHOTOGRAPHS["mvtec"]())
    done = fresh.snakemake("--", IMAGES.format("mvtec"))
    assert done.returncode != 0
    said = sentence_in((fresh / "results/logs/prepare/mvtec.log").read_text())
    assert "bottle has 3/2/4" in said
    assert said in done.stdout + done.stderr
    assert_nothing_made(fresh)


OWN = {
    "no folder": ([], "datasets.screws.folder: data/screws is no folder: correct the path"),
    "no images": (["readme.txt"], "data/screws has none of the known layouts (train/good with test/good"),
    "one class": (["nuts/1.png"], "datasets.screws.folder: data/screws has none of the known layouts"),
    "a class with a space": (
        ["hex nuts/1.png", "bolts/1.png"], "data/screws: 'hex nuts' cannot name a class: rename that folder"
    ),
    "a class with an umlaut": (["Nägel/1.png", "nuts/1.png"], "data/screws: 'Nägel' cannot name a class"),
    "a category with a space": (
        ["M 5/train/good/1.png", "M6/train/good/1.png"], "data/screws: 'M 5' cannot name a class: rename"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "words"), OWN.values(), ids=OWN)
def test_a_folder_of_one_s_own_without_a_known_layout_stops_before_any_job(fresh, files, words):
    for name in files:
        (fresh / "data/screws" / name).parent.mkdir(parents=True, exist_ok=True)
        (fresh / "data/screws" / name).write_bytes(b"")
    fresh.configure(only({"screws": {"folder": "data/screws"}}))
    done = fresh.snakemake()
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert words in said
    assert "Traceback" not in said
    assert not (fresh / "results").exists()
