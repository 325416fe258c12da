import numpy as np
import pyarrow as pa
import pytest
from pictures import preparation, raw_images

from cobra.artifacts.files import read_table, write_table
from cobra.data.prepared import read_prepared
from cobra.data.prepared_writer import write_prepared
from cobra.errors import UserError

IMAGES = ["train a", "train b", "train b", "train c", "test c", "test a", "test b"]


@pytest.fixture
def write(tmp_path, identity):
    settings = preparation("abc")

    def written(name="images.npy", images=IMAGES, raw=None):
        own = identity.model_copy(update={"settings": settings.model_dump(mode="json")})
        raw = raw or raw_images(images)
        write_prepared(tmp_path / name, raw, settings, own, strict=False, threads=1)
        return tmp_path / name

    return written


def test_prepared_data_come_back(write):
    raw = raw_images(IMAGES)
    prepared = read_prepared(write())
    for number in range(len(IMAGES)):
        np.testing.assert_array_equal(
            prepared.images[number], np.repeat(raw.load(number)[..., None], 3, axis=2)
        )
    assert prepared.splits.tolist() == ["train"] * 4 + ["test"] * 3
    assert prepared.categories.tolist() == list("abbccab")
    assert prepared.defects.tolist() == [""] * 7
    np.testing.assert_array_equal(prepared.take(np.array([5, 0])), prepared.images[[5, 0]])


def test_the_digest_is_that_of_pixels_and_labels(write):
    first = read_prepared(write()).digest
    assert read_prepared(write("again.npy")).digest == first
    assert read_prepared(write("labels.npy", images=["train b", *IMAGES[1:]])).digest != first
    raw = raw_images(IMAGES)
    raw.load(3)[0, 0] ^= 1
    assert read_prepared(write("pixels.npy", raw=raw)).digest != first


def test_one_altered_pixel_is_refused_where_it_is_used(write):
    path = write()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    prepared = read_prepared(path)
    assert len(prepared.take(np.arange(6))) == 6
    with pytest.raises(UserError, match=r"images\.npy is damaged at image 6: remove it and prepare the data"):
        prepared.take(np.array([6]))


@pytest.mark.parametrize("keep", [0, 60, -1])
def test_a_truncated_array_is_refused(write, keep):
    path = write()
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError, match="prepare the data again"):
        read_prepared(path)


def test_a_manifest_of_fewer_images_is_refused(write):
    path, other = write(), write("other.npy", images=IMAGES[:-1])
    path.with_suffix(".parquet").write_bytes(other.with_suffix(".parquet").read_bytes())
    with pytest.raises(UserError, match="is not the array its manifest describes"):
        read_prepared(path)


def test_an_altered_manifest_is_refused(write):
    path = write()
    table, identity = read_table(path.with_suffix(".parquet"))
    swapped = pa.table({**table.to_pydict(), "category": table["category"].to_pylist()[::-1]})
    write_table(path.with_suffix(".parquet"), swapped, identity)
    with pytest.raises(UserError, match="prepare the data again"):
        read_prepared(path)


@pytest.mark.parametrize("gone", ["images.npy", "images.parquet"])
def test_a_missing_half_is_refused(write, gone):
    path = write()
    path.with_name(gone).unlink()
    with pytest.raises(UserError, match=rf"{gone}\)? (does not exist|cannot be read|beside it)"):
        read_prepared(path)
