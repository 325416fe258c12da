import re

import pytest

from cobra.data.catalog import DATASETS, dropped_files


@pytest.mark.parametrize("name", DATASETS)
def test_entry_is_complete_and_consistent(name):
    entry = DATASETS[name]
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name)
    assert len(set(entry.classes)) == len(entry.classes) > 1
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", label) for label in entry.classes)  # parts of paths
    assert not {"mean", "all"} & set(entry.classes)  # these mean something else in tables and settings
    assert 0 < entry.eps < 1
    assert set(entry.expected) == {"train", "test"}
    assert all(re.fullmatch("[0-9a-f]{32}", file.md5) for file in entry.files)
    assert entry.reader != "idx" or (len(entry.files) == 4 and entry.homepage)


def test_no_two_files_are_the_same():
    md5s = [file.md5 for entry in DATASETS.values() for file in entry.files]
    assert len(set(md5s)) == len(md5s)


def test_files_are_found_plain_or_compressed(tmp_path):
    names = [file.name for file in DATASETS["mnist"].files]
    for name in (f"{names[0]}.gz", names[1], names[2], f"{names[2]}.gz", names[3]):
        (tmp_path / name).touch()
    found = [path.name for path in dropped_files("mnist", tmp_path)]
    assert found == [f"{names[0]}.gz", *names[1:]]  # plain before compressed


def test_missing_files_are_named_with_where_to_place_them(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").touch()
    with pytest.raises(FileNotFoundError) as caught:
        dropped_files("mnist", tmp_path)
    message = str(caught.value)
    assert "train-images" not in message
    for part in ("train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", str(tmp_path), "yann.lecun.com"):
        assert part in message
