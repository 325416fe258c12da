import importlib
import re

import numpy as np
import pytest
from sklearn.datasets import load_digits

from cobra.data.catalog import DATASETS
from cobra.data.readers import module_name

NAMES = [
    "digits", "mnist", "fmnist", "svhn", "cifar10", "cifar100", "cifar100_released",
    "mvtec", "visa", "dagm", "imagenet30", "isic2018", "cityscapes",
]  # fmt: skip
TOTALS = {  # training, normal test, defective test: as published
    "digits": (1258, 539, 0),
    "mnist": (60_000, 10_000, 0),
    "fmnist": (60_000, 10_000, 0),
    "svhn": (73_257, 26_032, 0),
    "cifar10": (50_000, 10_000, 0),
    "cifar100": (50_000, 10_000, 0),
    "cifar100_released": (50_000, 10_000, 0),
    "mvtec": (3629, 467, 1258),
    "visa": (8659, 962, 1200),
    "imagenet30": (39_000, 3000, 0),
    "isic2018": (10_015, 193, 0),
}
FILES = [file for entry in DATASETS.values() for layout in entry.layouts for file in layout.files]
HASHES = {"md5": 32, "sha256": 64}


def test_the_catalog_has_the_papers_eleven_the_released_groups_and_the_demos():
    assert sorted(DATASETS) == sorted(NAMES)


@pytest.mark.parametrize("name", DATASETS)
def test_entry_is_complete_and_consistent(name):
    entry = DATASETS[name]
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", label) for label in entry.classes)  # parts of paths
    assert not {"mean", "all"} & set(entry.classes)  # these mean something else in tables and settings
    assert set(entry.normal or ()) <= set(entry.classes)
    assert entry.protocol == "defects" or len(entry.classes) > 1
    for text in (entry.title, entry.split, entry.licence, entry.citation, entry.homepage):
        assert text
    for layout in entry.layouts:
        module = importlib.import_module(module_name(layout.reader))
        assert callable(getattr(module, f"read_{layout.reader}"))


def test_another_layout_is_read_by_the_module_of_its_name():
    assert module_name("mine") == "cobra.data.readers.mine"


@pytest.mark.parametrize("name", DATASETS)
def test_resolution_and_budget_are_those_of_the_group(name):
    entry = DATASETS[name]
    if name != "digits":  # the paper has no such data
        assert (entry.resolution, entry.eps) == {"low": (32, 4 / 255), "high": (224, 2 / 255)}[entry.group]
        assert entry.paper_eps == entry.eps


@pytest.mark.parametrize("name", TOTALS)
def test_counts_add_up_to_the_published_totals(name):
    assert tuple(np.sum(list(DATASETS[name].classes.values()), axis=0)) == TOTALS[name]


def test_the_other_test_part_of_isic_has_its_own_counts():
    assert sum(counts.test for counts in DATASETS["isic2018"].tested_on("test").classes.values()) == 1512


def test_dagm_has_all_images_of_both_parts():
    counts = DATASETS["dagm"].classes
    images = {name: sum(numbers) for name, numbers in counts.items()}
    assert images == {f"Class{n}": 2 * (575 if n <= 6 else 1150) for n in range(1, 11)}
    assert {numbers.defective for numbers in counts.values()} == {150, 300}


def test_digits_are_split_as_the_catalog_says():
    numbers = load_digits().target
    for label, counts in DATASETS["digits"].classes.items():
        images = int((numbers == int(label)).sum())
        assert counts == (round(0.7 * images), images - round(0.7 * images), 0)


@pytest.mark.parametrize("name", DATASETS)
def test_access_agrees_with_the_addresses(name):
    entry = DATASETS[name]
    fetched = [bool(file.urls) for file in entry.files]
    expected = {"embedded": [], "free": [True], "licence": [True], "by hand": [False]}[entry.access]
    assert sorted(set(fetched)) == expected


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_files_are_named_and_checked_as_they_should_be(file):
    assert re.fullmatch(r"[\w.-]+", file.name)
    assert all(re.match(r"https?://", url) and url.endswith(file.name) for url in file.urls)
    assert file.size is None or file.size > 0
    for checksum in filter(None, (file.checksum, file.content)):
        kind, _, value = checksum.partition(":")
        assert re.fullmatch(f"[0-9a-f]{{{HASHES[kind]}}}", value)


def test_no_two_files_are_the_same():
    others = [entry for name, entry in DATASETS.items() if name != "cifar100_released"]  # has cifar100's
    files = [file for entry in others for layout in entry.layouts for file in layout.files]
    checksums = [checksum for file in files for checksum in (file.checksum, file.content) if checksum]
    assert len(set(checksums)) == len(checksums)
    assert len({url for file in files for url in file.urls}) == sum(len(file.urls) for file in files)
