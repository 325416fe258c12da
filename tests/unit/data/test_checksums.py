import gzip
import hashlib

import pytest

from cobra.data.catalog import DATASETS, File, known_file
from cobra.data.checksums import difference, require_published
from cobra.errors import UserError

CONTENT = b"pixels" * 1000


def digest(content, kind="sha256"):
    return f"{kind}:{hashlib.new(kind, content).hexdigest()}"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "data.gz"
    path.write_bytes(gzip.compress(CONTENT))
    return path


def refused(path, file):
    with pytest.raises(UserError) as caught:
        require_published(path, file)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["md5", "sha256"])
def test_the_published_file_passes(path, kind):
    require_published(path, File(name="data.gz", checksum=digest(path.read_bytes(), kind)))
    require_published(path, File(name="data.gz", size=path.stat().st_size))
    require_published(path, File(name="data.gz"))


def test_where_the_content_is_known_packing_does_not_matter(path, tmp_path):
    file = File(name="data.gz", checksum=digest(b"packed otherwise"), content=digest(CONTENT))
    require_published(path, file)
    plain = tmp_path / "data"
    plain.write_bytes(CONTENT)
    require_published(plain, file)
    plain.write_bytes(CONTENT + b"!")
    assert f"{plain} has the SHA256" in refused(plain, file)
    path.write_bytes(gzip.compress(CONTENT + b"!"))
    assert f"{path} (uncompressed) has the SHA256" in refused(path, file)


def test_another_file_is_refused_with_both_checksums(path):
    file = File(name="data.gz", checksum=digest(b"other", "md5"))
    said = refused(path, file)
    for part in (str(path), digest(path.read_bytes(), "md5")[4:], file.checksum[4:], "place a correct copy"):
        assert part in said


def test_another_size_is_refused(path):
    size = path.stat().st_size
    said = refused(path, File(name="data.gz", size=size + 1))
    assert f"has {size} bytes where the published file has {size + 1}" in said


@pytest.mark.parametrize("keep", [5, 20, -4], ids=["header", "data", "checksum"])
def test_a_truncated_gz_is_refused(path, keep):
    path.write_bytes(path.read_bytes()[:keep])
    assert refused(path, File(name="data.gz", content=digest(CONTENT))).endswith("place a whole copy there.")


def test_a_difference_is_told_with_both_checksums(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(CONTENT)
    assert difference(path, digest(CONTENT)) == ""
    path.write_bytes(CONTENT + b"!")
    actual, published = (digest(content).partition(":")[2] for content in (CONTENT + b"!", CONTENT))
    assert difference(path, digest(CONTENT)) == (
        f"has the SHA256 {actual} where the published file has {published}"
    )


def test_files_are_known_by_name_with_and_without_gz():
    mnist = DATASETS["mnist"]
    assert known_file("mnist", "t10k-labels-idx1-ubyte") is mnist.files[3]
    assert known_file("mnist", "t10k-labels-idx1-ubyte.gz") is mnist.files[3]
    assert known_file("cifar10", "test.tar").into == "test"
    with pytest.raises(UserError, match=r"^x\.zip is no file of mnist: `cobra datasets mnist` lists them\.$"):
        known_file("mnist", "x.zip")
