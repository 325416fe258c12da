"""Packing and unpacking: equal results give equal bytes; what does not hold together is not packed."""

import os
import shutil
from dataclasses import replace

import pytest
from bundles import ONE, PGD, REPORTED, WRITTEN

from cobra.artifacts import files as artifacts
from cobra.artifacts.digests import digest
from cobra.errors import UserError
from cobra.sharing.archive import extract
from cobra.sharing.bundle import pack, restore_times, unpack_bundle, verify
from cobra.sharing.manifest import read_manifest


@pytest.fixture
def own(made, tmp_path):
    """A copy of the results to do with as one likes."""
    return shutil.copytree(made[0], tmp_path / "own").resolve()


def test_equal_results_give_equal_bytes(made, bundle, tmp_path):
    copy = shutil.copytree(made[0], tmp_path / "copy")
    pack(tmp_path / "again.tar.gz", copy.resolve(), made[1])
    assert (tmp_path / "again.tar.gz").read_bytes() == bundle.read_bytes()


def test_arrays_and_checkpoints_stay_out_and_are_written_down(unpacked, made):
    assert not [*unpacked.rglob("*.pt"), *unpacked.rglob("*.npy")]
    left = {file.path: file for file in read_manifest(unpacked).left_out}
    detector = left[f"{ONE}/detector.pt"]
    assert detector.sha256 == digest((made[0] / detector.path).read_bytes())
    assert detector.identity.subject["normal"] == "1"
    assert "out/prepared/images.npy" in left


def test_a_list_of_images_may_stay_out_and_scores_still_name_their_data(own, made, tmp_path):
    listed = "out/prepared/images.parquet"
    kinds = dict(made[1].files)
    contents = replace(made[1], files=kinds, left_out=made[1].left_out | {listed: kinds.pop(listed)})
    manifest = pack(tmp_path / "small.tar.gz", own, contents)
    (left,) = [file for file in manifest.left_out if file.path == listed]
    assert left.identity.kind == "prepared"
    folder = tmp_path / "received"
    received = unpack_bundle(tmp_path / "small.tar.gz", folder)
    assert not (folder / listed).exists()
    assert verify(folder, received).faults == []
    other = left.model_copy(
        update={"identity": left.identity.model_copy(update={"inputs": {"manifest": "0"}})}
    )
    rest = [file for file in received.left_out if file.path != listed]
    faults = verify(folder, received.model_copy(update={"left_out": [*rest, other]})).faults
    assert any("was made from another data" in fault for fault in faults)


def test_files_keep_their_times(unpacked):
    assert {int(path.stat().st_mtime) for path in (unpacked / "out").rglob("*.parquet")} == {WRITTEN}


BROKEN = {
    "scores of another detector": (
        lambda root: (root / ONE / "detector.pt").write_bytes(b"trained anew"),
        f"{ONE}/gates/similarity.json was made from another detector",
    ),
    "damaged scores": (lambda root: (root / PGD).write_bytes(b"PAR1"), f"{PGD} is damaged"),
    "a table less": (lambda root: (root / "out/tables/main.csv").unlink(), "main.csv cannot be read"),
    "a checkpoint less": (
        lambda root: (root / ONE / "detector.pt").unlink(),
        f"{ONE}/detector.pt is not here, so its SHA-256 cannot be written down",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_results_that_do_not_hold_together_are_not_packed(own, made, tmp_path, name):
    change, told = BROKEN[name]
    change(own)
    with pytest.raises(UserError, match=told):
        pack(tmp_path / "bundle.tar.gz", own, made[1])
    assert not (tmp_path / "bundle.tar.gz").exists()


def test_code_is_no_part_of_a_bundle(own, made, tmp_path):
    (own / "mine.py").write_text("")
    files = made[1].files | {"mine.py": "code"}
    with pytest.raises(UserError, match=r"the bundle: path: 'mine\.py' is no kind of file that belongs"):
        pack(tmp_path / "bundle.tar.gz", own, replace(made[1], files=files))


def test_a_full_disk_is_told_and_leaves_nothing(own, made, tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(artifacts.os, "fsync", full)
    with pytest.raises(UserError, match=r"could not be written \(No space left on device\): make room"):
        pack(tmp_path / "out/bundle.tar.gz", own, made[1])
    assert list((tmp_path / "out").iterdir()) == []


def test_results_that_were_unpacked_are_packed_again_without_their_checkpoints(unpacked, made, bundle):
    again = unpacked.parent / "again.tar.gz"
    pack(again, unpacked.resolve(), made[1])
    assert again.read_bytes() == bundle.read_bytes()


def test_files_made_again_as_recorded_get_their_times_back(unpacked, made):
    manifest = read_manifest(unpacked)
    same, other = unpacked / ONE / "detector.pt", unpacked / "out/prepared/images.npy"
    shutil.copyfile(made[0] / ONE / "detector.pt", same)
    other.write_bytes(b"of another machine")
    os.utime(unpacked / PGD)
    assert restore_times(unpacked, manifest) == 2
    assert int(same.stat().st_mtime) == int((unpacked / PGD).stat().st_mtime) == WRITTEN
    assert int(other.stat().st_mtime) > WRITTEN


def test_nothing_is_unpacked_over_a_file_of_another_content(bundle, tmp_path):
    (tmp_path / "here/paper").mkdir(parents=True)
    (tmp_path / "here" / REPORTED).write_text("mine")
    with pytest.raises(UserError, match=r"reported\.csv is there already with another content"):
        unpack_bundle(bundle, tmp_path / "here")
    assert [path.name for path in (tmp_path / "here").rglob("*")] == ["paper", "reported.csv"]


def test_nothing_is_unpacked_through_a_link(bundle, tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "here/out").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="through a link"):
        unpack_bundle(bundle, tmp_path / "here")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_second_unpacking_changes_nothing(unpacked, bundle):
    before = {path: path.stat().st_mtime for path in unpacked.rglob("*.parquet")}
    unpack_bundle(bundle, unpacked)
    assert {path: path.stat().st_mtime for path in unpacked.rglob("*.parquet")} == before


def test_an_archive_holds_what_the_folder_held(made, bundle, tmp_path):
    (tmp_path / "flat").mkdir()
    for file in extract(bundle, tmp_path / "flat").files:
        assert (tmp_path / "flat" / file.path).read_bytes() == (made[0] / file.path).read_bytes()
