import gzip
import re
import struct

import numpy as np
import pytest
from pictures import greys, places, preparation
from scipy.io import savemat
from sklearn.datasets import load_digits

from cobra.data.readers import read_raw
from cobra.data.readers.array_files import parse_idx
from cobra.errors import UserError

RANDOM = np.random.default_rng(0)


def idx(array):
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


IDX = {
    "train-images-idx3-ubyte": RANDOM.integers(0, 256, (6, 5, 4), dtype=np.uint8),
    "train-labels-idx1-ubyte": np.array([0, 1, 2, 0, 1, 2], dtype=np.uint8),
    "t10k-images-idx3-ubyte": RANDOM.integers(0, 256, (3, 5, 4), dtype=np.uint8),
    "t10k-labels-idx1-ubyte": np.array([2, 1, 0], dtype=np.uint8),
}
WHOLE = idx(IDX["train-images-idx3-ubyte"])


def refusal(root, reader, classes="abc"):
    with pytest.raises(UserError) as caught:
        read_raw(root, preparation(classes, reader))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def place_idx(root, suffix="", **contents):
    for name, array in IDX.items():
        content = contents.get(name, idx(array))
        (root / f"{name}{suffix}").write_bytes(gzip.compress(content) if suffix else content)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_files_are_read_whole_and_in_order(tmp_path, suffix):
    place_idx(tmp_path, suffix)
    raw = read_raw(tmp_path, preparation("abc", "idx"))
    assert [found[:3] for found in places(raw)] == [("train", name, "") for name in "abcabc"] + [
        ("test", name, "") for name in "cba"
    ]
    images = np.concatenate([IDX["train-images-idx3-ubyte"], IDX["t10k-images-idx3-ubyte"]])
    np.testing.assert_array_equal([raw.load(number) for number in range(9)], images)


@pytest.mark.parametrize("keep", [5, 20, -4], ids=["header", "data", "checksum"])
def test_a_truncated_gz_is_refused(tmp_path, keep):
    place_idx(tmp_path, ".gz")
    path = tmp_path / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:keep])
    assert re.fullmatch(
        rf"{path} cannot be read \(.+\): place a whole copy there\.", refusal(tmp_path, "idx")
    )


NOT_IDX = {
    "empty": b"",
    "magic": WHOLE[:3],
    "no sizes": WHOLE[:4],
    "half a size": WHOLE[:9],
    "sizes": WHOLE[:12],
    "short": WHOLE[:-1],
    "long": WHOLE + b"\0",
    "floats": b"\0\0\x0d" + WHOLE[3:],
    "gzip": b"\x1f\x8b\x08" + WHOLE[3:],
    "rank 0": b"\0\0\x08\0",
}


@pytest.mark.parametrize("content", NOT_IDX.values(), ids=NOT_IDX.keys())
def test_what_is_not_a_whole_idx_file_is_refused(content, tmp_path):
    with pytest.raises(UserError) as caught:
        parse_idx(content, tmp_path / "name")
    assert str(caught.value) == (
        f"{tmp_path}/name is not a whole IDX file of bytes: place a correct copy there."
    )


def test_idx_files_with_each_others_names_are_a_sentence(tmp_path):
    images, labels = idx(np.zeros((2, 5, 4), np.uint8)), idx(np.zeros(2, np.uint8))
    swapped = {name: labels if "images" in name else images for name in IDX}
    place_idx(tmp_path, **swapped)
    path = tmp_path / "train-images-idx3-ubyte"
    assert refusal(tmp_path, "idx") == (f"{path} has 1 dimensions where 3 are needed: place the right file.")


def test_digits_are_split_per_class_without_overlap(tmp_path):
    bunch = load_digits()
    raw = read_raw(tmp_path, preparation("0123456789", "digits", train_share=0.6))
    for digit in range(10):
        of_class = np.rint(bunch.images[bunch.target == digit] * (255 / 16)).astype(np.uint8)
        found = [number for number, label in enumerate(raw.labels) if label.category == str(digit)]
        np.testing.assert_array_equal([raw.load(number) for number in found], of_class)
        trained = round(0.6 * len(of_class))
        assert [raw.labels[number].split for number in found] == ["train"] * trained + ["test"] * (
            len(of_class) - trained
        )


def place_svhn(root, **changes):
    for split, count in (("train", 4), ("test", 3)):
        images = np.zeros((32, 32, 3, count), np.uint8) + np.arange(count, dtype=np.uint8)
        images[0, 1, 2] += 100
        savemat(
            root / f"{split}_32x32.mat", {"X": images, "y": np.array([[10], [1], [9], [2]])[:count]} | changes
        )


def test_svhn_calls_zero_ten(tmp_path):
    place_svhn(tmp_path)
    raw = read_raw(tmp_path, preparation("0123456789", "svhn"))
    assert [(label.split, label.category) for label in raw.labels] == [
        *(("train", digit) for digit in "0192"), *(("test", digit) for digit in "019"),
    ]  # fmt: skip
    assert greys(raw) == [0, 1, 2, 3, 0, 1, 2]
    assert raw.load(3)[0, 1].tolist() == [3, 3, 103]


@pytest.mark.parametrize(
    "changes",
    [
        {"X": np.zeros((32, 32, 3), np.uint8)},
        {"X": np.zeros((32, 31, 3, 4), np.uint8)},
        {"X": np.zeros((32, 32, 3, 4))},
        {"y": ["a", "b"]},
        {"y": np.array([[1], [2], [3], [11]])},
        {"y": np.array([[1], [2], [3], [0]])},
    ],
    ids=["three dimensions", "other size", "floats", "text", "eleven", "zero"],
)
def test_other_matlab_arrays_are_a_sentence(tmp_path, changes):
    place_svhn(tmp_path, **changes)
    assert f"{tmp_path}/train_32x32.mat is no whole SVHN file" in refusal(tmp_path, "svhn", "0123456789")


NEWER = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(99)


@pytest.mark.parametrize(
    "content", [b"", b"junk" * 99, b"<html>404 Not Found</html>", NEWER], ids=["empty", "junk", "page", "7.3"]
)
def test_what_is_no_matlab_file_of_svhn_is_a_sentence(tmp_path, content):
    place_svhn(tmp_path)
    (tmp_path / "test_32x32.mat").write_bytes(content)
    assert f"{tmp_path}/test_32x32.mat is no whole SVHN file" in refusal(tmp_path, "svhn", "0123456789")
