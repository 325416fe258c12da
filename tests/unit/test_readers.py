import gzip
import hashlib
import struct
from dataclasses import replace

import numpy as np
import pytest

from cobra.data.catalog import DATASETS, File
from cobra.data.readers import parse_idx, read_digits, read_raw
from cobra.errors import UserError

RANDOM = np.random.default_rng(0)
ARRAYS = {
    "train-images-idx3-ubyte": RANDOM.integers(0, 256, (6, 5, 4), dtype=np.uint8),
    "train-labels-idx1-ubyte": np.array([0, 1, 2, 0, 1, 2], dtype=np.uint8),
    "t10k-images-idx3-ubyte": RANDOM.integers(0, 256, (3, 5, 4), dtype=np.uint8),
    "t10k-labels-idx1-ubyte": np.array([2, 1, 0], dtype=np.uint8),
}


def idx(array):
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Files of a small data set called mnist, `contents` in place of some of them."""

    def placed(suffix="", **contents):
        files = {name: idx(array) for name, array in ARRAYS.items()} | contents
        md5s = {name: hashlib.md5(content).hexdigest() for name, content in files.items()}
        entry = replace(
            DATASETS["mnist"],
            classes=("a", "b", "c"),
            expected={"train": 6, "test": 3},
            files=tuple(File(name=name, md5=md5) for name, md5 in md5s.items()),
        )
        monkeypatch.setitem(DATASETS, "mnist", entry)
        for name, content in files.items():
            packed = gzip.compress(content) if suffix else content
            (tmp_path / f"{name}{suffix}").write_bytes(packed)
        return tmp_path

    return placed


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_files_are_read_whole_and_in_order(place, suffix):
    raw = read_raw("mnist", place(suffix))
    for split, prefix in (("train", "train"), ("test", "t10k")):
        np.testing.assert_array_equal(raw[split].images, ARRAYS[f"{prefix}-images-idx3-ubyte"])
        np.testing.assert_array_equal(raw[split].labels, ARRAYS[f"{prefix}-labels-idx1-ubyte"])
        assert raw[split].images.dtype == np.uint8
        assert raw[split].labels.dtype == np.int64


def assert_refused(folder, *parts):
    with pytest.raises(UserError) as caught:
        read_raw("mnist", folder)
    for part in parts:
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_altered_file_is_refused_with_both_md5s(place):
    folder = place()
    path = folder / "t10k-labels-idx1-ubyte"
    good = hashlib.md5(path.read_bytes()).hexdigest()
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    assert_refused(
        folder, str(path), good, hashlib.md5(path.read_bytes()).hexdigest(), "place a correct copy"
    )


@pytest.mark.parametrize("keep", [5, 20, -4], ids=["header", "data", "checksum"])
def test_a_truncated_gz_is_refused(place, keep):
    folder = place(".gz")
    path = folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:keep])
    assert_refused(folder, str(path), "place a whole copy")


def test_a_damaged_gz_is_refused(place):
    folder = place(".gz")
    path = folder / "train-images-idx3-ubyte.gz"
    content = bytearray(path.read_bytes())
    content[30:60] = bytes(30)
    path.write_bytes(content)
    assert_refused(folder, str(path))


def test_a_gz_that_is_none_is_refused(place):
    folder = place(".gz")
    (folder / "train-images-idx3-ubyte.gz").write_bytes(idx(ARRAYS["train-images-idx3-ubyte"]))
    assert_refused(folder, "train-images-idx3-ubyte.gz cannot be read")


def test_missing_files_are_named_with_where_to_place_them(place):
    folder = place()
    (folder / "t10k-images-idx3-ubyte").unlink()
    assert_refused(folder, "t10k-images-idx3-ubyte (or .gz) not found", str(folder), "place the files there")


def test_a_folder_that_was_not_given_is_a_sentence():
    with pytest.raises(UserError, match="mnist"):
        read_raw("mnist", None)


WHOLE = idx(ARRAYS["train-images-idx3-ubyte"])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        WHOLE[:3],
        WHOLE[:4],
        WHOLE[:9],  # within the second size
        WHOLE[:12],  # two sizes of three
        WHOLE[:-1],
        WHOLE + b"\0",
        b"\0\0\x0d" + WHOLE[3:],  # floats
        b"\x1f\x8b\x08" + WHOLE[3:],  # gzip
        b"\0\0\x08\0",
    ],
    ids=["empty", "magic", "no sizes", "half a size", "sizes", "short", "long", "floats", "gzip", "rank 0"],
)
def test_what_is_not_a_whole_idx_file_is_refused(content, tmp_path):
    with pytest.raises(
        UserError, match=r"name is not a whole IDX file of bytes: place a correct copy there\."
    ):
        parse_idx(content, tmp_path / "name")


def test_digits_are_split_per_class_without_overlap():
    from sklearn.datasets import load_digits

    bunch = load_digits()
    raw = read_digits()
    assert {split: len(part.labels) for split, part in raw.items()} == DATASETS["digits"].expected
    for label in range(10):
        counts = {split: int((part.labels == label).sum()) for split, part in raw.items()}
        assert counts["train"] == round(0.7 * sum(counts.values()))
        of_class = np.rint(bunch.images[bunch.target == label] * (255 / 16)).astype(np.uint8)
        both = np.concatenate([part.images[part.labels == label] for part in raw.values()])
        np.testing.assert_array_equal(both, of_class)  # every image once: the first 70 % train
    assert raw["train"].images.max() == 255
