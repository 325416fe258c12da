"""Archives that are damaged or would do harm: refused in a sentence, with nothing of them left."""

import gzip

import pytest
from faults import assert_nothing_made, lay_out, place, prepare, sentence
from miniatures import SMALL
from packing import encrypted, noise, tarred, zipped
from photographs import PHOTOGRAPHS

FIRST, SECOND = "bottle/train/good/000.png", "bottle/test/good/000.png"
TREE = {FIRST: noise(3000), SECOND: noise(2000, seed=1)}
IN_SECOND = TREE[SECOND][50:60]
REFUSED = "refused, get the archive anew"
OUTSIDE = ("would be written outside its folder", REFUSED)
DAMAGED = ("is damaged or truncated at", "place or download it anew")
# What a zip holds for deflation, and for the method that Windows takes for large files.
DEFLATE, DEFLATE64 = b"\x00\x08\x00", b"\x00\x09\x00"

pytestmark = pytest.mark.workflow


def half(content):
    return content[: len(content) // 2]


ARCHIVES = {
    "a zip that climbs out": ("a.zip", zipped({**TREE, "../../evil": b""}), ("'../../evil'", *OUTSIDE)),
    "a zip with an absolute path": ("a.zip", zipped({"/tmp/evil": b""}), ("'/tmp/evil'", *OUTSIDE)),
    "a tar that climbs out": ("a.tar", tarred({**TREE, "../evil": b""}), ("'../evil'", *OUTSIDE)),
    "a tar with a link": ("a.tar", tarred({**TREE, "evil": "/etc/passwd"}), ("'evil' is a link", REFUSED)),
    "an encrypted zip": ("a.zip", encrypted(zipped(TREE)), ("is encrypted", "unpack it by hand")),
    "a tar.gz cut off": ("a.tar.gz", half(tarred(TREE, "gz")), DAMAGED),
    "a tar.xz cut off": ("a.tar.xz", half(tarred(TREE, "xz")), DAMAGED),
    "a tar cut off": ("a.tar", tarred(TREE)[:7500], (SECOND, *DAMAGED)),
    "a zip cut off": ("a.zip", half(zipped(TREE)), DAMAGED),
    "an empty file": ("a.zip", b"", DAMAGED),
    "a zip changed": ("a.zip", zipped(TREE).replace(IN_SECOND, bytes(10)), (SECOND, *DAMAGED)),
    "no archive": ("a.tar.xz", noise(4000), DAMAGED),
    "a web page": ("a.zip", b"<html>log in first</html>", DAMAGED),
    "a zip packed as Windows does": ("a.zip", zipped(TREE).replace(DEFLATE, DEFLATE64), ("a.zip", "by hand")),
    "a zip with a name that is no text": (
        "a.zip",
        zipped({"ü": b""}).replace("ü".encode(), b"\xff\xff"),
        DAMAGED,
    ),
    "a tar with a name that is none": ("a.tar", tarred({"bottle/ü\0": b""}), DAMAGED),
}


def assert_refused(project, *words):
    """Preparing what lies in the drop folder fails with a sentence that has the words."""
    said = sentence(prepare(project, "mvtec", "resources/manual/mvtec", needed=["bottle"]))
    assert all(word in said for word in words), said
    assert_nothing_made(project)
    assert not list(project.folder.parent.rglob("evil"))


@pytest.mark.parametrize(("name", "content", "words"), ARCHIVES.values(), ids=ARCHIVES)
def test_a_bad_archive_is_told_in_a_sentence(fresh, name, content, words):
    place(fresh, "mvtec", {name: content})
    assert_refused(fresh, f"resources/manual/mvtec/{name}", *words)


def test_what_was_unpacked_of_a_bad_archive_is_removed(fresh):
    place(fresh, "mvtec", {"a.zip": zipped({**TREE, "../evil": b""})})
    assert_refused(fresh)
    assert not list((fresh / ".scratch").rglob("*.png"))


def test_what_an_archive_lacks_is_told_of_the_archive(fresh):
    place(fresh, "mvtec", {"a.zip": zipped({"bottle.txt": b""})})
    assert_refused(fresh, "resources/manual/mvtec", "has no <category>/train/good")


def images_in(folder):
    return {path: path.read_bytes() for path in folder.rglob("*.png")}


def test_an_archive_never_overwrites_the_folder_beside_it(fresh):
    drop = lay_out(fresh, "mvtec", PHOTOGRAPHS["mvtec"]())
    before = images_in(fresh / drop)
    place(fresh, "mvtec", {"bottle.tar": tarred(dict.fromkeys(TREE, b"other"))})
    assert_refused(fresh, "bottle", "leave one of them")
    assert images_in(fresh / drop) == before


def test_a_placed_archive_cut_off_is_refused_before_it_is_unpacked(fresh):
    name = "mvtec_anomaly_detection.tar.xz"
    drop = place(fresh, "mvtec", {name: half(tarred(TREE, "xz"))})
    said = sentence(prepare(fresh, "mvtec", f"{drop}/{name}"))
    assert said.startswith(f"error: {drop}/{name} has the SHA256 ")
    assert said.endswith("it is truncated, altered or another file; place a correct copy there.")
    assert fresh.scratch() == []


@pytest.mark.parametrize("packed", [True, False], ids=["packed", "unpacked"])
def test_a_placed_file_other_than_the_published_one_is_refused(fresh, packed):
    files = {name if packed else name[:-3]: content for name, content in SMALL["mnist"]().files.items()}
    files = files if packed else {name: gzip.decompress(content) for name, content in files.items()}
    drop = place(fresh, "mnist", files)
    said = sentence(prepare(fresh, "mnist", *(f"{drop}/{name}" for name in files)))
    assert f"{drop}/{next(iter(files))}" in said
    assert "where the published file has 6bbc9ace898e44ae57da46a324031adb" in said
    assert_nothing_made(fresh)
