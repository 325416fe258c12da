"""What of a folder is read, what is the system's, and what is told to be left out."""

import os

import pytest

from cobra.data.content_digests import files_digest
from cobra.data.folders import all_files, image_files, left_out, printable, subfolders
from cobra.errors import UserError

NOISE = (".DS_Store", "Thumbs.db", "__MACOSX/._a.png", "@eaDir/a.png", "desktop.ini", "._a.png", ".git/a.png")


@pytest.fixture
def place(tmp_path):
    """Puts files in a folder, each with its name as content."""

    def placed(*names):
        for name in names:
            path = tmp_path / "data" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
        return tmp_path / "data"

    return placed


def digest(folder, tmp_path):
    return files_digest(folder, all_files(folder), tmp_path / "kept/digests.json")


def names(paths, folder):
    return [path.relative_to(folder).as_posix() for path in paths]


def test_what_systems_leave_is_neither_file_nor_folder(place):
    folder = place("a.png", "b/c.jfif", *NOISE)
    assert names(all_files(folder), folder) == ["a.png", "b/c.jfif"]
    assert names(image_files(folder), folder) == ["a.png"]
    assert names(subfolders(folder), folder) == ["b"]


def test_links_are_followed_once(place):
    folder = place("disk/a.png", "b.png")
    (folder / "linked").symlink_to(folder / "disk")
    (folder / "disk/round").symlink_to(folder)
    assert names(all_files(folder), folder) == ["b.png", "disk/a.png", "linked/a.png"]


def test_folders_that_differ_in_capitals_alone_are_refused(place):
    with pytest.raises(UserError, match=r"has (Good and good|good and Good), which differ in capitals alone"):
        subfolders(place("good/a.png", "Good/b.png"))


def test_masks_beside_their_images_are_no_images(place):
    folder = place("a.png", "a_mask.png", "b.png", "b-gt.png", "mask.png", "c_mask.png")
    assert names(image_files(folder), folder) == ["a.png", "b.png", "c_mask.png", "mask.png"]


def test_what_is_not_read_is_counted_and_named(place):
    folder = place(
        "train/good/a.png", "train/good/deep/b.png", "test/spot/c.heic", "test/spot/d.heic", "val/e.png",
        "readme.txt", "licence.pdf", "ground_truth/spot/c.png", *NOISE,
    )  # fmt: skip
    (told,) = left_out(folder, [folder / "train/good/a.png"])
    assert told == (
        "4 files are not read: 2 .heic in test/spot, 1 .png in train/good/deep, 1 .png in val "
        "(the first: test/spot/c.heic)"
    )
    assert left_out(folder / "train/good/deep", [folder / "train/good/deep/b.png"]) == []


def test_a_digest_is_of_names_and_content_through_links(place, tmp_path):
    folder = place("a/b.png", "c.png")
    (folder / "linked.png").symlink_to(tmp_path / "elsewhere.png")
    (tmp_path / "elsewhere.png").write_text("one")
    before = digest(folder, tmp_path)
    for path in folder.rglob("*"):
        os.utime(path, (1, 1))
    place(*NOISE)
    assert digest(folder, tmp_path) == before
    folder.rename(tmp_path / "moved")
    assert digest(tmp_path / "moved", tmp_path) == before
    (tmp_path / "elsewhere.png").write_text("two")
    assert digest(tmp_path / "moved", tmp_path) != before


def test_a_file_is_read_again_only_when_it_may_have_changed(place, tmp_path, monkeypatch):
    folder = place("a.png", "b.png")
    before = digest(folder, tmp_path)
    read = []
    note = "cobra.data.content_digests.file_digest"
    monkeypatch.setattr(note, lambda path: read.append(path.name) or "new")
    assert digest(folder, tmp_path) == before
    os.utime(folder / "b.png", (1, 1))
    assert digest(folder, tmp_path) != before
    assert read == ["b.png"]


def test_names_are_bytes(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    name = os.fsdecode(b"caf\xe9.png")
    (folder / name).write_text("x")
    assert len(digest(folder, tmp_path)) == 64
    assert printable(name) == r"caf\xe9.png"
    assert printable("b\n\x1b[2Jä é.png") == r"b\n\x1b[2Jä é.png"
    assert left_out(folder, []) == [r"1 files are not read: 1 .png in . (the first: caf\xe9.png)"]


def test_a_pipe_among_the_files_is_refused(place, tmp_path):
    folder = place("a.png")
    os.mkfifo(folder / "b.png")
    with pytest.raises(UserError, match=r"b\.png cannot be read \(is no file but a pipe"):
        digest(folder, tmp_path)


def test_a_folder_that_may_not_be_listed_is_told(place, monkeypatch):
    folder = place("a/b.png")

    def forbidden(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.iterdir", forbidden)
    with pytest.raises(UserError, match=r"data/a cannot be listed \(Permission denied\): mend that folder"):
        image_files(folder / "a")
