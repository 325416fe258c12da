import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import greys, label, places, save
from PIL import Image

from cobra.data.folders import image_files, subfolders
from cobra.data.image_decoding import UnreadableImageError, read_image
from cobra.data.raw import from_arrays, from_files, one_of, shuffled
from cobra.errors import UserError

COLOURS = np.random.default_rng(0).integers(0, 256, (7, 9, 3), dtype=np.uint8)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "ppm"])
def test_grey_stays_grey_and_colours_stay_colours(tmp_path, suffix):
    for pixels in (COLOURS, COLOURS[..., 0]):
        np.testing.assert_array_equal(read_image(save(tmp_path / f"a.{suffix}", pixels)), pixels)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"])
def test_every_form_of_8_bits_becomes_grey_or_rgb(tmp_path, mode):
    image = Image.new("RGB", (5, 4), (255, 255, 255)).convert(mode)
    image.save(tmp_path / "a.tif")
    read = read_image(tmp_path / "a.tif")
    assert read.shape == ((4, 5) if mode in ("1", "L") else (4, 5, 3))
    assert (read.dtype, read.min()) == (np.uint8, 255)


@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_more_than_8_bits_are_refused(tmp_path, mode):
    Image.new(mode, (5, 4)).save(tmp_path / "a.tif")
    with pytest.raises(UnreadableImageError, match=f"^has the pixel format {mode}, not 8 bits per channel$"):
        read_image(tmp_path / "a.tif")


def test_colours_of_more_than_8_bits_are_refused(tmp_path):
    def chunk(name, content):
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    head = struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)  # two pixels of three numbers of 16 bits
    content = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(13))) + chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + content)
    with pytest.raises(UnreadableImageError, match=r"^has the pixel format RGB;16B, not 8 bits per channel$"):
        read_image(tmp_path / "a.png")


def encoded(suffix):
    stream = io.BytesIO()
    Image.fromarray(COLOURS).save(stream, format=suffix)
    return stream.getvalue()


@pytest.mark.filterwarnings("ignore:Truncated File Read", "ignore:Corrupt EXIF")  # Pillow's, of a TIFF
@given(st.sampled_from(["png", "jpeg", "bmp", "tiff", "webp", "ppm"]), st.floats(0, 1, exclude_max=True))
def test_a_truncated_image_is_refused_or_whole(tmp_path_factory, suffix, share):
    content = encoded(suffix)
    path = tmp_path_factory.mktemp("cut") / "a.png"
    path.write_bytes(content[: int(share * len(content))])
    try:
        shape = read_image(path).shape
    except UnreadableImageError as error:
        shape = None
        said = str(error)
    assert shape == COLOURS.shape or str(path) not in said  # what is missing may follow the pixels


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"no image at all", "no image of a format"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "no image of a format"),
    ],
)
def test_what_is_no_image_is_refused(tmp_path, content, said):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(UnreadableImageError, match=said):
        read_image(tmp_path / "a.png")


def test_a_tiff_with_a_text_where_its_pixels_should_lie_is_refused(tmp_path):
    path = save(tmp_path / "a.tif")
    offsets, text = b"\x11\x01\x04\x00", b"\x11\x01\x02\x00"  # tag 273 as a number, as a text
    assert offsets in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(offsets, text))
    with pytest.raises(UnreadableImageError):
        read_image(path)


def test_an_image_that_would_fill_the_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    with pytest.raises(UnreadableImageError, match="exceeds limit of 40 pixels"):
        read_image(save(tmp_path / "a.png", COLOURS))


def test_a_file_that_is_gone_is_refused_when_it_is_loaded(tmp_path):
    paths = [save(tmp_path / "a.png", 3), tmp_path / "gone.png"]
    raw = from_files(zip([label("train a"), label("train b")], paths, strict=True), "white")
    assert raw.load(0).tolist() == [[3] * 6] * 6
    with pytest.raises(UnreadableImageError, match=r"^does not exist$"):
        raw.load(1)


def test_arrays_become_images_named_by_split_and_place():
    images = np.arange(5 * 4, dtype=np.uint8).reshape(5, 2, 2)
    raw = from_arrays(
        [("train", images[:3], np.array([1, 0, 1])), ("test", images[3:], np.array([0, 1]))], ["a", "b"]
    )
    assert places(raw) == [
        ("train", "b", "", "train/0"), ("train", "a", "", "train/1"), ("train", "b", "", "train/2"),
        ("test", "a", "", "test/0"), ("test", "b", "", "test/1"),
    ]  # fmt: skip
    assert greys(raw) == [0, 4, 8, 12, 16]


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ([0, 1], "The test split has 3 images and 2 labels: place the complete data set."),
        ([0, 1, 2], "The test split has labels outside 0-1: place the right files."),
        ([0, 1, -1], "The test split has labels outside 0-1: place the right files."),
    ],
)
def test_labels_that_do_not_fit_are_refused(numbers, sentence):
    with pytest.raises(UserError) as caught:
        from_arrays([("test", np.zeros((3, 2, 2), np.uint8), np.array(numbers))], ["a", "b"])
    assert str(caught.value) == sentence


def test_only_images_directly_in_the_folder_are_taken_in_order(tmp_path):
    for folder in ("sub", ".cache"):
        (tmp_path / folder).mkdir()
    for name in ("b.PNG", "a.jpg", "c.tiff", ".hidden.png", "._a.jpg", "Thumbs.db", "a.txt", "sub/d.png"):
        (tmp_path / name).touch()
    assert [path.name for path in image_files(tmp_path)] == ["a.jpg", "b.PNG", "c.tiff"]
    assert [path.name for path in subfolders(tmp_path)] == ["sub"]
    assert image_files(tmp_path / "gone") == subfolders(tmp_path / "gone") == []


def test_the_first_pattern_that_fits_gives_the_path(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "x").touch()
    assert one_of(tmp_path, "x", "*/x") == tmp_path / "deep" / "x"
    (tmp_path / "x").touch()
    assert one_of(tmp_path, "x", "*/x") == tmp_path / "x"


def test_none_and_several_are_refused(tmp_path):
    with pytest.raises(UserError) as none:
        one_of(tmp_path, "x", "*/x")
    assert str(none.value) == (
        f"{tmp_path} has no x: place the data in the layout that its authors distribute."
    )
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x").touch()
    with pytest.raises(UserError) as two:
        one_of(tmp_path, "x", "*/x")
    assert str(two.value) == f"{tmp_path} has 2 of */x where one is expected: leave the right one."


@given(st.sets(st.text("abc01", min_size=1, max_size=4)), st.randoms(use_true_random=False))
def test_the_drawn_order_follows_from_names_alone(names, chance):
    paths = [Path("here") / name for name in sorted(names)]
    mixed = [Path("elsewhere") / path.name for path in paths]
    chance.shuffle(mixed)
    assert [path.name for path in shuffled(mixed)] == [path.name for path in shuffled(paths)]
    assert sorted(shuffled(paths)) == paths


def test_the_drawn_order_is_as_good_as_random():
    drawn = [int(path.name) for path in shuffled(Path(f"{number:04}") for number in range(1000))]
    assert abs(np.corrcoef(drawn, range(1000))[0, 1]) < 0.1
    assert drawn != sorted(drawn)
