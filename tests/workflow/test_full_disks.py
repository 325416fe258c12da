"""Disks that are full or not to be written on: told in a sentence, and nothing half-written stays."""

import pytest
from faults import (
    AT_ONCE,
    assert_nothing_made,
    download_line,
    lay_out,
    patched,
    place,
    prepare,
    sentence,
)
from offered import offer
from packing import noise, tarred
from photographs import PHOTOGRAPHS
from server import served

FILE = "cifar-10-python.tar.gz"
CONTENT = noise(3 << 20)
DROP = "resources/manual/mvtec"
LITTLE = """
import shutil
from types import SimpleNamespace
shutil.disk_usage = lambda path: SimpleNamespace(free=1 << 20)
"""
FULL = """
import errno, os
written = []
def fsync(file):
    written.append(file)
    if len(written) > {}:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
os.fsync = fsync
"""
AT_MOST_HALF_A_MIB = "ulimit -f 512;"  # no file grows larger

pytestmark = pytest.mark.workflow


@pytest.fixture
def fetch(fresh):
    """Download a file of 3 MiB in a project, with something said before the command."""
    patched(fresh, AT_ONCE)
    with served() as server:
        server.files[f"/cifar10/{FILE}"] = CONTENT
        offer(fresh, "cifar10", {FILE: CONTENT}, addresses=[server.address])
        yield lambda before="": fresh.paste(f"{before} {' '.join(download_line('cifar10', FILE))}")


def assert_told(project, done, *words):
    said = sentence(done)
    assert all(word in said for word in words), said
    assert_nothing_made(project)


def test_a_download_that_the_disk_cannot_hold_is_not_begun(fresh, fetch):
    patched(fresh, LITTLE)
    assert_told(fresh, fetch(), f"{FILE} needs 3 MiB", "has 1 MiB free", "make room and start again")
    assert not list((fresh / "resources").rglob("content"))


def test_a_disk_that_fills_during_a_download_is_told_and_the_download_continued(fresh, fetch):
    assert_told(fresh, fetch(AT_MOST_HALF_A_MIB), f"{FILE} could not be written", "make room")
    assert fetch().returncode == 0
    assert (fresh / "resources/downloads/cifar10" / FILE).read_bytes() == CONTENT


def test_a_disk_that_is_full_in_the_end_is_told(fresh, fetch):
    patched(fresh, FULL.format(0))
    assert_told(fresh, fetch(), f"{FILE} could not be written (No space left on device)", "make room")


def test_a_folder_of_downloads_that_cannot_be_made_is_told(fresh, fetch):
    (fresh / "resources").mkdir(exist_ok=True)
    (fresh / "resources/downloads").write_text("not a folder")
    assert_told(fresh, fetch(), f"downloads/cifar10/{FILE} could not be written", "check the disk")


def test_an_archive_that_the_disk_cannot_hold_is_told(fresh):
    patched(fresh, LITTLE)
    place(fresh, "mvtec", {"a.tar": tarred({"bottle/train/good/000.png": noise(2000)})})
    done = prepare(fresh, "mvtec", DROP)
    assert_told(fresh, done, f"{DROP}/a.tar: member 'bottle/train/good/000.png'", "1 MiB free", "make room")


def test_a_disk_that_fills_while_an_archive_is_unpacked_is_told(fresh):
    place(fresh, "mvtec", {"a.tar": tarred({"bottle/train/good/000.png": CONTENT})})
    done = prepare(fresh, "mvtec", DROP, before=AT_MOST_HALF_A_MIB)
    assert_told(fresh, done, "a.tar: 'bottle/train/good/000.png' could not be unpacked", "make room")


@pytest.fixture
def bottles(fresh):
    """A project with a folder of MVTec placed."""
    lay_out(fresh, "mvtec", PHOTOGRAPHS["mvtec"]())
    return fresh


def test_an_array_that_the_disk_cannot_hold_is_not_begun(bottles):
    patched(bottles, LITTLE)
    assert_told(bottles, prepare(bottles, "mvtec", DROP), "images.npy needs 4 MiB", "1 MiB free", "make room")


def test_a_disk_that_fills_while_the_array_is_written_is_told(bottles):
    done = prepare(bottles, "mvtec", DROP, before=AT_MOST_HALF_A_MIB)
    assert_told(bottles, done, "images.npy could not be written", "make room")


def test_a_disk_that_is_full_in_the_end_of_preparation_is_told(bottles):
    patched(bottles, FULL.format(0))
    done = prepare(bottles, "mvtec", DROP)
    assert_told(bottles, done, "could not be written (No space left on device)", "make room")


def test_without_an_array_there_is_no_manifest(bottles):
    patched(bottles, FULL.format(1))
    assert prepare(bottles, "mvtec", DROP).returncode == 1
    assert_nothing_made(bottles)


def test_a_folder_of_results_that_cannot_be_made_is_told(bottles):
    (bottles / "results").write_text("not a folder")
    assert_told(bottles, prepare(bottles, "mvtec", DROP), "results/prepared/mvtec", "could not be written")


def test_a_folder_to_unpack_in_that_cannot_be_made_is_told(fresh):
    (fresh / ".scratch").write_text("not a folder")
    place(fresh, "mvtec", {"a.tar": tarred({"bottle/train/good/000.png": CONTENT})})
    assert_told(fresh, prepare(fresh, "mvtec", DROP), ".scratch/prepare-mvtec", "check the disk")
