import io
import pickle
import re

import numpy as np
import pytest
from pictures import greys, preparation
from PIL import Image

from cobra.data.readers import read_raw
from cobra.data.readers.array_files import RELEASED_GROUPS
from cobra.errors import UserError

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 32, 32, 3), dtype=np.uint8)


def refusal(root, reader):
    with pytest.raises(UserError) as caught:
        read_raw(root, preparation("abc", reader))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def batch(images, key, numbers):
    """All red, then all green, then all blue values of an image are a row."""
    rows = images.transpose(0, 3, 1, 2).reshape(len(images), 3072)
    return pickle.dumps(
        {b"data": rows, key.encode(): list(numbers), b"batch_label": b"of a test"}, protocol=2
    )


def place_cifar10(root):
    """Two images in each batch; the later batches are written first."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "test_batch").write_bytes(batch(PIXELS[10:], "labels", [2, 2]))
    for number in (5, 4, 3, 2, 1):
        images = PIXELS[2 * number - 2 : 2 * number]
        (root / f"data_batch_{number}").write_bytes(batch(images, "labels", [number % 3, 0]))


@pytest.mark.parametrize("folder", ["cifar-10-batches-py", "."])
def test_cifar10_is_read_batch_by_batch(tmp_path, folder):
    place_cifar10(tmp_path / folder)
    raw = read_raw(tmp_path, preparation("abc", "cifar10"))
    assert [label.split for label in raw.labels] == ["train"] * 10 + ["test"] * 2
    assert "".join(label.category for label in raw.labels) == "baca" + "aaba" + "cacc"
    np.testing.assert_array_equal([raw.load(number) for number in range(12)], PIXELS)


def test_cifar100_is_read_by_its_superclasses(tmp_path):
    folder = tmp_path / "cifar-100-python"
    folder.mkdir()
    for name, images, numbers in (("train", PIXELS[:3], [2, 0, 1]), ("test", PIXELS[3:4], [1])):
        content = pickle.loads(batch(images, "coarse_labels", numbers))
        (folder / name).write_bytes(pickle.dumps(content | {b"fine_labels": [99] * len(numbers)}))
    raw = read_raw(tmp_path, preparation("abc", "cifar100"))
    assert [(label.split, label.category) for label in raw.labels] == [
        ("train", "c"), ("train", "a"), ("train", "b"), ("test", "b"),
    ]  # fmt: skip
    np.testing.assert_array_equal(raw.load(3), PIXELS[3])


def test_cifar100_is_read_by_the_released_groups(tmp_path):
    folder = tmp_path / "cifar-100-python"
    folder.mkdir()
    for name, images, numbers in (("train", PIXELS[:3], [55, 31, 33]), ("test", PIXELS[3:4], [89])):
        content = pickle.loads(batch(images, "fine_labels", numbers))
        (folder / name).write_bytes(pickle.dumps(content | {b"coarse_labels": [0] * len(numbers)}))
    groups = [f"group_{number}" for number in range(20)]
    settings = preparation("abc", "cifar100_released").model_copy(update={"classes": groups})
    raw = read_raw(tmp_path, settings)
    assert [label.category for label in raw.labels] == ["group_0", "group_0", "group_1", "group_19"]
    (folder / "test").write_bytes(batch(PIXELS[3:4], "fine_labels", [100]))
    with pytest.raises(UserError, match="has an image of class 100"):
        read_raw(tmp_path, settings)


def test_the_released_groups_hold_each_fine_class_once():
    assert sorted(number for group in RELEASED_GROUPS for number in group) == list(range(100))


class Evil:
    def __reduce__(self):
        return (print, ("this code ran",))


GOOD = batch(PIXELS[:2], "labels", [0, 1])
NOT_CIFAR = {
    "empty": b"",
    "truncated": GOOD[:-1],
    "half": GOOD[: len(GOOD) // 2],
    "junk": b"junk",
    "a list": pickle.dumps([1, 2]),
    "no data": pickle.dumps({b"labels": [1]}),
    "other labels": batch(PIXELS[:2], "coarse_labels", [0, 1]),
    "short rows": pickle.dumps({b"data": np.zeros((2, 3071), np.uint8), b"labels": [0, 1]}, protocol=2),
    "encoding": GOOD.replace(b"latin1", b"lati?1"),
    "endless": GOOD.replace(b"\x80\x02", b"\x80\x04\x8e" + b"\xff" * 8, 1),
}


@pytest.mark.parametrize("content", NOT_CIFAR.values(), ids=NOT_CIFAR.keys())
def test_what_is_no_whole_batch_is_a_sentence(tmp_path, content):
    place_cifar10(tmp_path)
    path = tmp_path / "data_batch_3"
    path.write_bytes(content)
    said = refusal(tmp_path, "cifar10")
    assert re.fullmatch(rf"{path} is no whole CIFAR batch \(\w+\(.*\)\): place a correct copy there\.", said)


@pytest.mark.parametrize("evil", [Evil(), {b"data": Evil(), b"labels": [0]}], ids=["all", "data"])
def test_a_batch_runs_no_code(tmp_path, capsys, evil):
    place_cifar10(tmp_path)
    (tmp_path / "test_batch").write_bytes(pickle.dumps(evil, protocol=2))
    assert re.search(r"it asks for \w+\.print, which no image data need", refusal(tmp_path, "cifar10"))
    assert "ran" not in capsys.readouterr().out


def place_strips(root, width=4):
    """Three images of one colour each in every split: two in the first strip, which is four pixels wide."""
    for grey, split in ((0, "train"), (100, "test")):
        (root / split).mkdir(exist_ok=True)
        np.save(root / split / "labels.npy", np.array([0, 1, 1]))
        for strip, columns, first in ((0, 4, [0, 1]), (1, width, [10])):
            rows = np.repeat(np.array(first, dtype=np.uint8) + grey, 4)
            pixels = np.broadcast_to(rows[:, None, None], (len(rows), columns, 3))
            Image.fromarray(np.ascontiguousarray(pixels)).save(
                root / split / f"images_{strip:03}.webp", lossless=True
            )


def test_strips_are_cut_into_images(tmp_path):
    place_strips(tmp_path)
    raw = read_raw(tmp_path, preparation("abc", "strips"))
    assert "".join(label.category for label in raw.labels) == "abbabb"
    assert greys(raw) == [0, 1, 10, 100, 101, 110]
    assert {raw.load(number).shape for number in range(6)} == {(4, 4, 3)}


def test_a_strip_that_cannot_be_cut_is_a_sentence(tmp_path):
    place_strips(tmp_path, width=3)
    said = f"{tmp_path}/train/images_001.webp has 3x4 pixels, no whole number of square images."
    assert refusal(tmp_path, "strips") == said
    (tmp_path / "train/images_000.webp").write_bytes(b"no image")
    assert refusal(tmp_path, "strips").startswith(f"{tmp_path}/train/images_000.webp is no image (")


def test_strips_of_two_sizes_are_a_sentence(tmp_path):
    place_strips(tmp_path, width=2)
    assert refusal(tmp_path, "strips") == (
        f"{tmp_path}/train has strips of images of different shapes: place strips of one data set."
    )


def saved(save, value):
    stream = io.BytesIO()
    save(stream, value)
    return stream.getvalue()


NOT_NUMBERS = {
    "empty": b"",
    "truncated": saved(np.save, np.arange(3))[:-1],
    "pickle": pickle.dumps([0, 1, 1]),
    "objects": saved(np.save, np.array([0, None])),
    "texts": saved(np.save, np.array(["a", "b"])),
    "npz": saved(np.savez, np.arange(3)),
}


@pytest.mark.parametrize("content", NOT_NUMBERS.values(), ids=NOT_NUMBERS.keys())
def test_labels_that_are_no_numbers_are_a_sentence(tmp_path, content):
    place_strips(tmp_path)
    labels = tmp_path / "test/labels.npy"
    labels.write_bytes(content)
    assert re.fullmatch(
        rf"{labels} cannot be read \(.+\): place a whole copy there\.", refusal(tmp_path, "strips")
    )


def test_labels_without_strips_are_a_sentence(tmp_path):
    place_strips(tmp_path)
    for path in (tmp_path / "train").glob("*.webp"):
        path.unlink()
    assert refusal(tmp_path, "strips") == (
        f"{tmp_path}/train has no images_*.webp: place the strips beside labels.npy."
    )
