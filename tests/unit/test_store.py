from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from cobra.artifacts import read_table, write_table
from cobra.data.catalog import DATASETS
from cobra.data.readers import RawSplit
from cobra.data.store import fit_images, read_prepared, write_prepared
from cobra.errors import UserError

RANDOM = np.random.default_rng(0)


def split(labels, side=8):
    images = RANDOM.integers(0, 256, (len(labels), side, side), dtype=np.uint8)
    return RawSplit(images, np.array(labels, dtype=np.int64))


RAW = {"train": split([0, 1, 1, 2]), "test": split([2, 0, 1])}


@pytest.fixture(autouse=True)
def small_entry(monkeypatch):
    entry = replace(DATASETS["digits"], classes=("a", "b", "c"), expected={"train": 4, "test": 3})
    monkeypatch.setitem(DATASETS, "digits", entry)


@pytest.fixture
def write(tmp_path, identity):
    def written(name="images.npy", raw=RAW, resolution=8):
        write_prepared(tmp_path / name, "digits", raw, resolution, identity)
        return tmp_path / name

    return written


def test_prepared_data_come_back(write, identity):
    prepared = read_prepared(write())
    expected = np.concatenate([RAW["train"].images, RAW["test"].images])
    np.testing.assert_array_equal(prepared.images, np.repeat(expected[..., None], 3, axis=3))
    assert prepared.splits.tolist() == ["train"] * 4 + ["test"] * 3
    assert prepared.class_names.tolist() == list("abbccab")
    assert prepared.identity.settings == identity.settings


def test_pieces_do_not_matter(write, monkeypatch):
    whole = write(resolution=16)
    monkeypatch.setattr("cobra.data.store.PIECE", 3)
    pieced = write("pieced.npy", resolution=16)
    assert whole.read_bytes() == pieced.read_bytes()


def test_the_digest_is_that_of_pixels_splits_and_classes(write):
    first = read_prepared(write()).digest
    assert read_prepared(write("again.npy")).digest == first
    flipped = {"train": replace(RAW["train"], labels=RAW["train"].labels[::-1].copy()), "test": RAW["test"]}
    assert read_prepared(write("labels.npy", raw=flipped)).digest != first
    brighter = {"train": replace(RAW["train"], images=RAW["train"].images ^ 1), "test": RAW["test"]}
    assert read_prepared(write("pixels.npy", raw=brighter)).digest != first


def test_one_altered_pixel_is_refused(write):
    path = write()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"images\.npy is not the array its manifest describes"):
        read_prepared(path)


@pytest.mark.parametrize("keep", [0, 60, -1])
def test_a_truncated_array_is_refused(write, keep):
    path = write()
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError, match="prepare the data again"):
        read_prepared(path)


def test_a_manifest_of_other_data_is_refused(write):
    path, other = write(), write("other.npy", raw={"train": split([0, 1, 2, 2]), "test": RAW["test"]})
    path.with_suffix(".parquet").write_bytes(other.with_suffix(".parquet").read_bytes())
    with pytest.raises(UserError, match="is not the array its manifest describes"):
        read_prepared(path)


def test_an_altered_manifest_is_refused(write):
    path = write()
    table, identity = read_table(path.with_suffix(".parquet"))
    names = table["class_name"].to_pylist()[::-1]
    swapped = pa.table({**table.to_pydict(), "class_name": names})
    write_table(path.with_suffix(".parquet"), swapped, identity)
    with pytest.raises(UserError, match="prepare the data again"):
        read_prepared(path)


@pytest.mark.parametrize("gone", ["images.npy", "images.parquet"])
def test_a_missing_half_is_refused(write, gone):
    path = write()
    path.with_name(gone).unlink()
    with pytest.raises(UserError, match=f"{gone} (does not exist|cannot be read)"):
        read_prepared(path)


@pytest.mark.parametrize(
    ("train", "sentence"),
    [
        (split([0, 1, 2]), "train split has 3 images and 3 labels where 4 of each are expected"),
        (RawSplit(RAW["train"].images, np.array([0, 1, 2])), "4 images and 3 labels where 4"),
        (split([0, 1, 2, 3]), "train split has labels outside 0-2"),
        (split([0, 1, 2, -1]), "train split has labels outside 0-2"),
        (split([0, 0, 2, 2]), "class 'b' has no image in the train split"),
    ],
)
def test_incomplete_data_are_refused_and_leave_nothing(write, tmp_path, train, sentence):
    with pytest.raises(UserError, match=sentence) as caught:
        write(raw={"train": train, "test": RAW["test"]})
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_writing_leaves_no_array(write, tmp_path, monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr("cobra.data.store.fit_images", fail)
    with pytest.raises(MemoryError):
        write()
    assert list(tmp_path.iterdir()) == []


def test_padding_centres_on_black():
    image = np.full((1, 3, 4), 7, dtype=np.uint8)
    fitted = fit_images(image, 8, "pad")
    assert fitted.shape == (1, 8, 8, 3)
    expected = np.zeros((8, 8), dtype=np.uint8)
    expected[2:5, 2:6] = 7
    for channel in range(3):
        np.testing.assert_array_equal(fitted[0, ..., channel], expected)


@pytest.mark.parametrize(("side", "resolution"), [(8, 16), (16, 8), (9, 16)])
def test_resizing_keeps_flat_images_and_ramps(side, resolution):
    flat = np.full((2, side, side, 3), (10, 100, 255), dtype=np.uint8)
    fitted = fit_images(flat, resolution, "resize")
    np.testing.assert_array_equal(fitted, np.full((2, resolution, resolution, 3), (10, 100, 255)))
    ramp = np.tile((np.arange(side) * (240 // side)).astype(np.uint8), (1, side, 1))
    column = fit_images(ramp, resolution, "resize")[0, :, :, 0]
    assert (np.diff(column.astype(int), axis=1) >= 0).all()
    assert (np.diff(column.astype(int), axis=0) == 0).all()
    assert abs(column.mean() - ramp.mean()) < 2


def test_an_image_too_large_to_pad_is_resized():
    assert fit_images(np.full((1, 20, 20), 9, dtype=np.uint8), 8, "pad").tolist() == [[[[9] * 3] * 8] * 8]


def test_an_image_of_the_right_size_is_not_touched():
    images = RANDOM.integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)
    np.testing.assert_array_equal(fit_images(images, 8, "resize"), images)
