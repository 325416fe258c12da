import io
import tarfile
import zipfile
from types import SimpleNamespace

import pytest

from cobra.artifacts.archives import unpack
from cobra.errors import UserError

FILES = {"a/b/one.txt": b"one" * 1000, "two.txt": b"two", "empty.txt": b""}
MODES = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz", ".tar.xz": "w:xz", ".tar.bz2": "w:bz2"}


def pack(path, files, links=()):
    """An archive of the kind that the name says; `links` are (type, name, target) of a tar."""
    if path.name.endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            for name, content in files.items():
                made.writestr(name, content)
        return path
    suffix = path.name[path.name.index(".") :]
    with tarfile.open(path, MODES[suffix]) as made:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
        for kind, name, to in links:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, to
            made.addfile(member)
    return path


def found(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("suffix", [*MODES, ".zip"])
def test_all_files_come_out_as_they_went_in(tmp_path, suffix):
    unpack(pack(tmp_path / f"data{suffix}", FILES), tmp_path / "out")
    assert found(tmp_path / "out") == FILES


def assert_refused(archive, tmp_path, *words):
    with pytest.raises(UserError) as caught:
        unpack(archive, tmp_path / "out")
    said = str(caught.value)
    assert str(archive) in said
    assert all(word in said for word in words), said
    assert "\n" not in said


OUTSIDE = ["../evil.txt", "/evil.txt", "a/../../evil.txt", "..\\evil.txt", "C:\\evil.txt"]


@pytest.mark.parametrize("suffix", [".tar", ".zip"])
@pytest.mark.parametrize("name", OUTSIDE)
def test_a_member_outside_the_folder_is_refused_by_name(tmp_path, suffix, name):
    archive = pack(tmp_path / f"data{suffix}", {"good.txt": b"", name: b"x"})
    assert_refused(archive, tmp_path, "would be written outside its folder", "evil.txt")
    assert not list(tmp_path.glob("evil*"))
    assert found(tmp_path / "out") == {"good.txt": b""}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_a_link_is_refused(tmp_path, kind):
    archive = pack(tmp_path / "data.tar", {"a": b""}, [(kind, "evil", "/etc/passwd")])
    assert_refused(archive, tmp_path, "'evil' is a link")


def test_a_device_is_refused(tmp_path):
    archive = pack(tmp_path / "data.tar", {}, [(tarfile.FIFOTYPE, "pipe", "")])
    assert_refused(archive, tmp_path, "'pipe' is no plain file")


def test_a_link_in_a_zip_is_refused(tmp_path):
    member = zipfile.ZipInfo("evil")
    member.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as made:
        made.writestr(member, "/etc/passwd")
    assert_refused(tmp_path / "data.zip", tmp_path, "'evil' is a link")


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.xz", ".tar.bz2", ".zip"])
@pytest.mark.parametrize("keep", [0, 40, 0.3])
def test_a_truncated_archive_is_refused(tmp_path, suffix, keep):
    archive = pack(tmp_path / f"data{suffix}", FILES)
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * keep) if keep < 1 else keep])
    assert_refused(archive, tmp_path, "is damaged or truncated at", "place or download it anew")


def test_a_damaged_member_of_a_zip_is_named(tmp_path):
    archive = pack(tmp_path / "data.zip", {"one.bin": bytes(range(256)) * 8})
    content = bytearray(archive.read_bytes())
    content[60] ^= 0xFF
    archive.write_bytes(content)
    assert_refused(archive, tmp_path, "is damaged or truncated at 'one.bin'")


def test_content_without_bound_is_refused(tmp_path, monkeypatch):
    archive = pack(tmp_path / "data.tar.gz", {"small": b"1", "bomb": bytes(2000)})
    monkeypatch.setattr("cobra.artifacts.archives.MAX_BYTES", 1000)
    assert_refused(archive, tmp_path, "at member 'bomb' its content exceeds")
    monkeypatch.setattr("cobra.artifacts.archives.MAX_BYTES", 10_000)
    monkeypatch.setattr("cobra.artifacts.archives.MAX_MEMBERS", 1)
    assert_refused(archive, tmp_path, "at member 'bomb' its content exceeds")


def test_a_full_disk_is_told_before_the_member_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=2**28 + 100))
    archive = pack(tmp_path / "data.tar", {"small": b"1", "large": bytes(200)})
    assert_refused(archive, tmp_path, "'large' needs", "make room")
    assert found(tmp_path / "out") == {"small": b"1"}
