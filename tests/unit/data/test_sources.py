from dataclasses import replace
from pathlib import Path

import pytest

from cobra.data.catalog import DATASETS
from cobra.data.sources import availability, how_to_get, locate

MNIST, CIFAR10, MVTEC = (DATASETS[name] for name in ("mnist", "cifar10", "mvtec"))


@pytest.fixture
def place(tmp_path):
    """Make empty files (or, ending in /, folders) below the resources; returns these."""

    def placed(*names):
        for name in names:
            path = tmp_path / name
            (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
            if not name.endswith("/"):
                path.touch()
        return tmp_path

    return placed


def relative(located, resources):
    return [path.relative_to(resources).as_posix() for path in located.files]


def test_without_anything_the_files_will_be_downloaded(place):
    resources = place()
    located = locate("cifar10", CIFAR10, resources)
    assert located.reader == "cifar10"
    assert relative(located, resources) == ["downloads/cifar10/cifar-10-python.tar.gz"]


def test_a_placed_file_is_taken_before_a_download_file_by_file(place):
    names = [file.name for file in MNIST.files]
    resources = place(f"manual/mnist/{names[1]}", f"manual/mnist/{names[2].removesuffix('.gz')}")
    located = locate("mnist", MNIST, resources)
    assert relative(located, resources) == [
        f"downloads/mnist/{names[0]}",
        f"manual/mnist/{names[1]}",
        f"manual/mnist/{names[2].removesuffix('.gz')}",
        f"downloads/mnist/{names[3]}",
    ]


def test_another_complete_form_in_the_drop_folder_is_taken(place):
    half = locate("cifar10", CIFAR10, place("manual/cifar10/train.tar"))
    assert half.reader == "cifar10"
    resources = place("manual/cifar10/test.tar")
    located = locate("cifar10", CIFAR10, resources)
    assert located.reader == "strips"
    assert relative(located, resources) == ["manual/cifar10/train.tar", "manual/cifar10/test.tar"]


@pytest.mark.parametrize("material", ["bottle/", "bottle.tar", "some.zip"])
def test_other_folders_and_archives_in_the_drop_folder_are_taken_as_they_lie(place, material):
    resources = place(f"manual/mvtec/{material}")
    assert locate("mvtec", MVTEC, resources).folder == resources / "manual/mvtec"


@pytest.mark.parametrize("other", [".hidden/", "notes.txt", ".bottle.tar"])
def test_what_is_no_material_is_not(place, other):
    resources = place(f"manual/mvtec/{other}")
    assert locate("mvtec", MVTEC, resources).folder is None


def test_the_distributed_archive_comes_before_what_lies_beside_it(place):
    resources = place("manual/mvtec/mvtec_anomaly_detection.tar.xz", "manual/mvtec/bottle/")
    located = locate("mvtec", MVTEC, resources)
    assert relative(located, resources) == ["manual/mvtec/mvtec_anomaly_detection.tar.xz"]


def test_a_folder_of_one_s_own_is_taken(tmp_path):
    located = locate("mvtec", replace(MVTEC, folder="/data/mvtec"), tmp_path)
    assert (located.folder, located.files) == (Path("/data/mvtec"), ())


def test_availability_says_where_the_data_are(place):
    assert availability("digits", DATASETS["digits"], place()) == "embedded"
    assert availability("mnist", MNIST, place()) == "4 of 4 files missing"
    resources = place(f"downloads/mnist/{MNIST.files[0].name}")
    assert availability("mnist", MNIST, resources) == "3 of 4 files missing"
    place(*(f"manual/mnist/{file.name}" for file in MNIST.files))
    assert availability("mnist", MNIST, resources) == "placed"
    place("downloads/cifar10/cifar-10-python.tar.gz", "manual/mvtec/bottle/")
    assert availability("cifar10", CIFAR10, resources) == "downloaded"
    assert availability("mvtec", MVTEC, resources) == f"placed in {resources}/manual/mvtec"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("digits", ["nothing"]),
        ("cifar10", ["downloads it to R/downloads/cifar10", "train.tar, test.tar", "R/manual/cifar10"]),
        ("mvtec", ["once its licence is accepted (data.accept_licences: [mvtec])"]),
        ("imagenet30", ["fetch it from https://", "place ImageNet-30-train.zip, ImageNet-30-test.zip in R/"]),
    ],
)
def test_it_is_said_how_to_get_the_data(name, parts):
    text = how_to_get(name, DATASETS[name], Path("R"))
    assert all(part in text for part in parts)
