import json
import shutil
from collections import namedtuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from cobra.data.image_decoding import UnreadableImageError
from cobra.data.prepared import read_prepared
from cobra.data.prepared_writer import BLOCK, fit_image, write_prepared
from cobra.data.raw import Label, RawImages
from cobra.data.settings import PreparationSettings
from cobra.errors import UserError

RANDOM = np.random.default_rng(0)
SETTINGS = PreparationSettings(
    reader="x", protocol="one_vs_rest", classes=["a", "b"], expected={"a": (20, 20, 0)}, resolution=8
)
LABELS = [
    Label(split, category, "", f"{split}/{category}{number}")
    for split in ("train", "test")
    for category in "ab"
    for number in range(20)
]
IMAGES = RANDOM.integers(0, 256, (len(LABELS), 9, 7, 3), dtype=np.uint8)


@pytest.fixture
def write(tmp_path, identity):
    def written(name="images.npy", images=IMAGES, labels=LABELS, settings=SETTINGS, strict=False, threads=1):
        def load(number):
            image = images[number]
            if isinstance(image, str):
                raise UnreadableImageError(image)
            return image

        own = identity.model_copy(update={"settings": json.loads(settings.model_dump_json())})
        raw = RawImages(labels, load)
        write_prepared(tmp_path / name, raw, settings, own, strict=strict, threads=threads)
        return tmp_path / name

    return written


def test_images_come_back_in_order_each_with_its_place(write):
    prepared = read_prepared(write())
    expected = np.stack([fit_image(image, 8, "resize") for image in IMAGES])
    np.testing.assert_array_equal(prepared.images, expected)
    assert prepared.splits.tolist() == [label.split for label in LABELS]
    assert prepared.categories.tolist() == [label.category for label in LABELS]
    assert (prepared.protocol, prepared.remarks) == ("one_vs_rest", [])
    np.testing.assert_array_equal(prepared.take(np.array([70, 3])), expected[[70, 3]])


def test_threads_change_no_byte(write):
    assert len(LABELS) > 4 * BLOCK
    one, four = write(), write("other.npy", threads=4)
    assert one.read_bytes() == four.read_bytes()
    assert one.with_suffix(".parquet").read_bytes() == four.with_suffix(".parquet").read_bytes()


def test_unusable_images_are_all_named_and_nothing_is_left(write, tmp_path):
    images = list(IMAGES)
    for number in (0, 33, 79):
        images[number] = f"is broken at {number}"
    with pytest.raises(UserError) as caught:
        write(images=images, threads=2)
    assert str(caught.value) == (
        "3 of 80 images cannot be used (train/a0 is broken at 0; train/b13 is broken at 33; "
        "test/b19 is broken at 79): replace or remove them."
    )
    assert list(tmp_path.iterdir()) == []


def test_deviating_counts_are_a_remark_or_an_error(write, tmp_path, capsys):
    fewer = {"images": IMAGES[1:], "labels": LABELS[1:]}
    sentence = "a has 19/20/0 training/normal test/defective test images (published: 20/20/0)"
    with pytest.raises(
        UserError, match=r"not what they should be: a has 19/20/0 .* or set data\.counts to warn"
    ):
        write(**fewer, strict=True)
    assert list(tmp_path.iterdir()) == []
    assert read_prepared(write(**fewer)).remarks == [sentence]
    assert f"warning: {sentence}" in capsys.readouterr().err


def test_repeated_images_and_departures_are_remarks(write):
    images = IMAGES.copy()
    images[45] = images[5]
    settings = SETTINGS.model_copy(update={"departures": ["fit crop (usual: resize)"]})
    assert read_prepared(write(images=images, settings=settings)).remarks == [
        "fit crop (usual: resize)",
        "1 test images are training images too (the first: test/a5)",
    ]


def test_a_full_disk_is_told_before_anything_is_written(write, tmp_path, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(free=1000))
    with pytest.raises(
        UserError, match=r"images\.npy needs 1 MiB and the disk of .* has 0 MiB free: make room"
    ):
        write()
    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_writing_leaves_nothing(write, tmp_path, monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr("cobra.data.prepared_writer.fit_image", fail)
    with pytest.raises(MemoryError):
        write()
    assert list(tmp_path.iterdir()) == []


sides = st.integers(1, 40)


@given(height=sides, width=sides, resolution=st.integers(8, 24), grey=st.booleans(),
       fit=st.sampled_from(["resize", "crop", "pad", "stretch"]), value=st.integers(0, 255))  # fmt: skip
def test_a_flat_image_stays_flat_at_the_new_size(height, width, resolution, grey, fit, value):
    image = np.full((height, width) if grey else (height, width, 3), value, dtype=np.uint8)
    fitted = fit_image(image, resolution, fit)
    assert fitted.shape == (resolution, resolution, 3)
    assert fitted.dtype == np.uint8
    inside = fitted
    if fit == "pad" and max(height, width) <= resolution:
        top, left = (resolution - height) // 2, (resolution - width) // 2
        inside = fitted[top : top + height, left : left + width]
        assert fitted.astype(int).sum() == inside.astype(int).sum()  # black around it
    assert (inside == value).all()


def test_padding_keeps_every_pixel_and_resizing_to_the_same_size_too():
    image = IMAGES[0]
    padded = fit_image(image, 16, "pad")
    np.testing.assert_array_equal(padded[3:12, 4:11], image)
    square = image[:7]
    for fit in ("resize", "crop", "pad", "stretch"):
        np.testing.assert_array_equal(fit_image(square, 7, fit), square)


@pytest.mark.parametrize(("shape", "axis"), [((8, 24), 1), ((24, 8), 0)])
def test_cropping_takes_the_middle_of_the_longer_side(shape, axis):
    ramp = np.indices(shape)[axis].astype(np.uint8) * 10
    expected = ramp[:, 8:16] if axis else ramp[8:16]
    np.testing.assert_array_equal(fit_image(ramp, 8, "crop")[..., 0], expected)


def test_shrinking_is_antialiased():
    stripes = np.tile(np.array([0, 255], dtype=np.uint8), (32, 16))
    fitted = fit_image(stripes, 8, "resize")[1:-1, 1:-1]
    assert abs(fitted.astype(int) - 128).max() <= 2  # every fourth pixel alone would be all black


@given(height=sides, width=sides, resolution=st.integers(8, 40), seed=st.integers(0, 9))
def test_stretching_is_torch_s_adaptive_average_pooling(height, width, resolution, seed):
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    channels = torch.from_numpy(image).permute(2, 0, 1).double()
    expected = F.adaptive_avg_pool2d(channels, resolution).permute(1, 2, 0).numpy()
    found = fit_image(image, resolution, "stretch")
    assert abs(found - expected).max() <= 0.5 + 1e-9


def test_a_stretched_grey_image_doubles_some_rows():
    ramp = np.repeat(np.arange(28, dtype=np.uint8)[:, None] * 9, 28, axis=1)
    fitted = fit_image(ramp, 32, "stretch")
    assert fitted.shape == (32, 32, 3)
    assert fitted[[0, 31], 0, 0].tolist() == [0, 27 * 9]
    assert fitted[3, 0, 0] == round((2 * 9 + 3 * 9) / 2)  # 3 * 28 / 32 lies between rows 2 and 3
