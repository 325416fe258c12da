import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from cobra.data.prepare import assembled
from cobra.errors import UserError


@pytest.fixture
def raw(tmp_path):
    """A folder of raw data with a folder in it."""
    (tmp_path / "raw/a").mkdir(parents=True)
    (tmp_path / "raw/a/x.txt").write_text("the user's")
    return tmp_path / "raw"


def pack(path, **members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.txt", text)
    return path


def contents(folder):
    found = (Path(above) / name for above, _, names in os.walk(folder, followlinks=True) for name in names)
    return {path.relative_to(folder).as_posix(): path.read_text() for path in found}


def test_a_folder_without_archives_is_taken_as_it_lies(raw, tmp_path):
    with assembled("own", [raw], tmp_path / "scratch") as root:
        assert root == raw
    assert not (tmp_path / "scratch").exists()


def test_archives_are_unpacked_beside_links_to_all_else(raw, tmp_path):
    pack(raw / "more.zip", y="packed")
    (raw / "note.txt").write_text("a file")
    with assembled("own", [raw], tmp_path / "scratch") as root:
        assert contents(root) == {"a/x.txt": "the user's", "y.txt": "packed", "note.txt": "a file"}
    assert not (tmp_path / "scratch").exists()
    assert contents(raw / "a") == {"x.txt": "the user's"}


def test_known_files_go_where_the_catalog_says(tmp_path):
    for part in ("train", "test"):
        with tarfile.open(tmp_path / f"{part}.tar", "w") as archive:
            archive.add(__file__, "labels.npy")
    sources = [tmp_path / "train.tar", tmp_path / "test.tar"]
    with assembled("cifar10", sources, tmp_path / "scratch") as root:
        assert sorted(contents(root)) == ["test/labels.npy", "train/labels.npy"]


def test_an_archive_that_holds_a_folder_beside_it_is_refused_and_touches_nothing(raw, tmp_path):
    pack(raw / "b.zip", **{"a/x": "packed"})
    said = pytest.raises(UserError, match=r"raw/a is in an archive beside it, too: leave one of them\.")
    with said, assembled("own", [raw], tmp_path / "scratch"):
        pytest.fail("it was assembled")
    assert contents(raw / "a") == {"x.txt": "the user's"}
    assert not (tmp_path / "scratch").exists()


def test_what_a_process_that_was_killed_left_is_not_taken(raw, tmp_path):
    pack(raw / "more.zip", y="packed")
    (tmp_path / "scratch/files/old").mkdir(parents=True)
    with assembled("own", [raw], tmp_path / "scratch") as root:
        assert not (root / "old").exists()


def test_errors_are_told_of_the_sources(raw, tmp_path):
    pack(raw / "more.zip", y="packed")
    with pytest.raises(UserError) as caught, assembled("own", [raw], tmp_path / "scratch") as root:
        raise UserError(f"{root}/y has a fault: mend it.")
    assert str(caught.value) == f"{raw}/y has a fault: mend it."
    assert not (tmp_path / "scratch").exists()


def test_data_that_need_no_files_have_an_empty_folder(tmp_path):
    with assembled("digits", [], tmp_path / "scratch") as root:
        assert list(root.iterdir()) == []
    assert not (tmp_path / "scratch").exists()


def test_a_source_that_is_not_there_is_named(tmp_path):
    said = pytest.raises(UserError, match=r"gone\.zip does not exist: download it or place it by hand")
    with said, assembled("mnist", [tmp_path / "gone.zip"], tmp_path / "scratch"):
        pytest.fail("it was assembled")
