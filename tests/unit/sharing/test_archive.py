"""Archives that somebody else wrote: what they may not do, and the sentence that refuses them."""

import gzip
import io
import json
import os
import tarfile

import pytest

from cobra.artifacts.digests import digest
from cobra.errors import UserError
from cobra.sharing import archive as archives
from cobra.sharing.archive import OVERHEAD, extract
from cobra.sharing.manifest import MANIFEST, Manifest

CONTENT = b"a,b\n1,2\n"
LISTED = {"out/a.csv": CONTENT}


def entry(path, content=CONTENT, **changes):
    return {
        "path": path,
        "kind": "table",
        "sha256": digest(content),
        "size": len(content),
        "mtime": 9,
    } | changes


def listing(*entries, **changes):
    return json.dumps({"files": list(entries)} | changes).encode()


def plain(name, content=CONTENT, **changes):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for key, value in changes.items():
        setattr(member, key, value)
    return member, io.BytesIO(content)


@pytest.fixture
def written(tmp_path):
    """An archive of a manifest and members; and the folder to extract it to."""

    def write(manifest, *members):
        path = tmp_path / "b.tar.gz"
        with tarfile.open(path, "w:gz") as tar:
            for member, content in [plain(MANIFEST, manifest), *members]:
                tar.addfile(member, content)
        (tmp_path / "target").mkdir()
        return path, tmp_path / "target"

    return write


HONEST = listing(entry("out/a.csv"))
MEMBERS = {
    "above the folder": (plain("../a.csv"), "is refused"),
    "above the folder within": (plain("out/../../a.csv"), "is refused"),
    "absolute": (plain("/tmp/a.csv"), "is not in its manifest"),
    "not listed": (plain("out/b.csv"), "'out/b.csv' is not in its manifest"),
    "a second manifest": (plain(MANIFEST), f"'{MANIFEST}' is not in its manifest"),
    "longer than listed": (plain("out/a.csv", CONTENT * 9), "has 72 bytes where the manifest says 8"),
    "a symbolic link": (plain("out/a.csv", b"", type=tarfile.SYMTYPE, linkname="b.csv"), "is no plain file"),
    "a link out of the folder": (
        plain("out/a.csv", b"", type=tarfile.SYMTYPE, linkname="../../b.csv"),
        "is refused",
    ),
    "a hard link": (plain("out/a.csv", b"", type=tarfile.LNKTYPE, linkname="b.csv"), "is no plain file"),
    "a device": (plain("out/a.csv", b"", type=tarfile.CHRTYPE), "is refused"),
    "a pipe": (plain("out/a.csv", b"", type=tarfile.FIFOTYPE), "is refused"),
    "a folder": (plain("out/a.csv", b"", type=tarfile.DIRTYPE), "is no plain file"),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_that_no_bundle_has_is_refused(written, name):
    member, told = MEMBERS[name]
    path, target = written(HONEST, member)
    with pytest.raises(UserError, match=told) as refused:
        extract(path, target)
    assert str(path) in str(refused.value)
    assert [made.name for made in target.rglob("*")] == [MANIFEST]


def test_a_file_that_comes_twice_is_refused(written):
    path, target = written(HONEST, plain("out/a.csv"), plain("out/a.csv"))
    with pytest.raises(UserError, match="is not in its manifest"):
        extract(path, target)


PATHS = ("../a.csv", "/a.csv", "a/../../b.csv", "a//b.csv", "a\\b.csv", "", ".", "./a.csv", MANIFEST)
RUN = ("cobra/x.py", "Makefile", ".git/hooks/post-checkout", ".git/a.json", "a.sh", "Snakefile", ".a.json",
       "a/conftest.py", ".snakemake/scripts/a.py", "a.npy", "a.pt", "a.pkl", "rules/a.smk")  # fmt: skip


@pytest.mark.parametrize("path", [*PATHS, *RUN])
def test_a_manifest_lists_only_files_inside_that_are_read_and_never_run(path):
    with pytest.raises(UserError, match=r"is no whole manifest of a bundle .*: get the bundle anew"):
        Manifest.parse(listing(entry(path)), "x")


MANIFESTS = {
    "no JSON": b"{",
    "not ours": b"[]",
    "of a later version": listing(version=2),
    "a file twice": listing(entry("a.csv"), entry("a.csv")),
    "a digest that is none": listing(entry("a.csv", sha256="0")),
    "a negative size": listing(entry("a.csv", size=-1)),
    "a pattern that leaves the folder": listing(
        made=[{"path": "a.csv", "kind": "table", "settings": {}, "scores": "../{dataset}"}]
    ),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_that_is_none_is_told(written, name):
    with pytest.raises(UserError, match=f"{MANIFEST} is no whole manifest of a bundle"):
        extract(*written(MANIFESTS[name]))


def test_an_archive_that_unpacks_to_far_more_than_it_lists_is_stopped(written, monkeypatch):
    monkeypatch.setattr(archives, "MAX_MANIFEST_BYTES", 1 << 16)
    bomb = tarfile.TarInfo("out/a.csv")
    bomb.pax_headers = {"comment": "0" * (1 << 24)}  # zeros: 16 KiB in the archive
    bomb.size = len(CONTENT)
    path, target = written(HONEST, (bomb, io.BytesIO(CONTENT)))
    assert path.stat().st_size < 1 << 16
    with pytest.raises(UserError, match="holds more than its manifest lists"):
        extract(path, target)


def test_a_manifest_of_any_length_is_not_read(written, monkeypatch):
    monkeypatch.setattr(archives, "MAX_MANIFEST_BYTES", 1 << 16)
    with pytest.raises(UserError, match=f"does not begin with {MANIFEST}"):
        extract(*written(listing(entry("a.csv", kind="0" * (1 << 20)))))


def test_a_bundle_that_the_disk_cannot_hold_is_not_begun(written):
    path, target = written(listing(entry("out/a.csv", size=1 << 60)))
    with pytest.raises(UserError, match=r"needs \d+ MiB and the disk of .* make room"):
        extract(path, target)
    assert list(target.iterdir()) == []


DAMAGED = {
    "cut short": lambda content: content[:-40],
    "empty": lambda content: b"",
    "not packed": gzip.decompress,
    "not an archive": lambda content: gzip.compress(b"x" * 2000),
    "a flipped byte": lambda content: content[:60] + bytes([content[60] ^ 255]) + content[61:],
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_archive_is_told(written, name):
    path, target = written(HONEST, plain("out/a.csv", os.urandom(8)))
    path.write_bytes(DAMAGED[name](path.read_bytes()))
    with pytest.raises(UserError, match=r"get it anew|does not begin with"):
        extract(path, target)


def test_an_archive_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UserError, match=r"could not be unpacked \(No such file or directory\)"):
        extract(tmp_path / "none.tar.gz", tmp_path)


def test_headers_of_honest_archives_stay_within_their_allowance(written):
    long = "/".join(["n" * 200] * 4)  # a path that takes a header of its own
    entries = [entry(f"{long}/{number}.csv") for number in range(40)]
    path, target = written(listing(*entries), *(plain(each["path"]) for each in entries))
    assert len(extract(path, target).files) == 40
    assert len(gzip.decompress(path.read_bytes())) < 40 * OVERHEAD
