"""What one sees of an image file is what is read of it."""

import os
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from cobra.data.image_decoding import UnreadableImageError, read_image, read_picture

RAMP = np.arange(24, dtype=np.uint8).reshape(4, 6) * 10
COLOUR = np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]], axis=2)


def saved(path, pixels, **options):
    Image.fromarray(pixels).save(path, **options)
    return path


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


@pytest.mark.parametrize(
    ("orientation", "back"),
    [(2, np.fliplr), (3, lambda x: np.rot90(x, 2)), (4, np.flipud), (6, lambda x: np.rot90(x)),
     (8, lambda x: np.rot90(x, -1))],
)  # fmt: skip
@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_images_are_turned_as_their_exif_data_say(tmp_path, orientation, back, suffix):
    stored = np.ascontiguousarray(back(COLOUR))
    options = {"lossless": True} if suffix == "webp" else {}
    path = saved(tmp_path / f"a.{suffix}", stored, exif=exif(orientation), **options)
    picture = read_picture(path)
    np.testing.assert_array_equal(picture.pixels, COLOUR)
    assert picture.remarks == ("turned as the EXIF data say",)


@pytest.mark.parametrize("orientation", [0, 1, 9])
def test_an_orientation_that_says_nothing_changes_nothing(tmp_path, orientation):
    path = saved(tmp_path / "a.png", COLOUR, exif=exif(orientation))
    np.testing.assert_array_equal(read_image(path), COLOUR)


@pytest.mark.parametrize(("background", "shown"), [("white", 255), ("grey", 128), ("black", 0)])
def test_transparent_parts_are_shown_on_the_background_whatever_lies_beneath(tmp_path, background, shown):
    alpha = np.where(RAMP > 100, 255, 0).astype(np.uint8)
    for hidden in (0, 77, 255):
        beneath = np.where(alpha[..., None] == 0, hidden, COLOUR).astype(np.uint8)
        path = saved(tmp_path / f"{hidden}.png", np.dstack([beneath, alpha]))
        picture = read_picture(path, background)
        expected = np.where(alpha[..., None] == 0, shown, COLOUR)
        np.testing.assert_array_equal(picture.pixels, expected)
        assert picture.remarks == (f"transparent, shown on {background}",)


@pytest.mark.parametrize("mode", ["P", "L", "RGB", "LA"])
def test_every_form_of_transparency_is_seen(tmp_path, mode):
    image = Image.new(mode, (4, 4), (0, 0) if mode == "LA" else 0)
    key = {} if mode == "LA" else {"transparency": (0, 0, 0) if mode == "RGB" else 0}
    image.save(tmp_path / "a.png", **key)
    assert read_image(tmp_path / "a.png").min() == 255


def test_a_channel_that_hides_nothing_is_no_transparency(tmp_path):
    path = saved(tmp_path / "a.png", np.dstack([COLOUR, np.full((4, 6), 255, np.uint8)]))
    assert read_picture(path).remarks == ()
    np.testing.assert_array_equal(read_image(path), COLOUR)


@pytest.mark.parametrize("mode", ["1", "L"])
def test_grey_stays_grey(tmp_path, mode):
    Image.fromarray(RAMP).convert(mode).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").shape == (4, 6)


@pytest.mark.parametrize("suffix", ["gif", "tif", "webp", "png"])
def test_several_frames_or_pages_are_refused(tmp_path, suffix):
    frames = [Image.fromarray(np.full((16, 16, 3), 80 * number, np.uint8)) for number in range(3)]
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:])
    with pytest.raises(UnreadableImageError, match=r"has 3 frames or pages where one image is needed"):
        read_picture(tmp_path / f"a.{suffix}")


def test_of_a_cameras_file_the_picture_is_taken_and_not_the_preview(tmp_path):
    frames = [Image.fromarray(np.full((16, 16, 3), value, np.uint8)) for value in (200, 10)]
    frames[0].save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=frames[1:])
    assert read_image(tmp_path / "a.jpg").min() > 150


@pytest.mark.parametrize(
    ("header", "samples"),
    [(b"P6\n4 4\n65535\n", 3), (b"P5\n4 4\n1023\n", 1), (b"P6\n4 4\n256\n", 3)],
)
def test_more_than_eight_bits_are_refused_in_plain_formats_too(tmp_path, header, samples):
    (tmp_path / "a.ppm").write_bytes(header + bytes(2 * 16 * samples))
    with pytest.raises(UnreadableImageError, match="not 8 bits per channel"):
        read_picture(tmp_path / "a.ppm")


def test_colours_of_fewer_than_eight_bits_are_read(tmp_path):
    (tmp_path / "a.ppm").write_bytes(b"P6\n4 4\n100\n" + bytes([100]) * 48)
    assert read_image(tmp_path / "a.ppm").min() == 255


def test_what_would_never_end_to_be_read_is_refused(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(UnreadableImageError, match="is no file but a pipe, a device or a socket"):
        read_picture(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "^is empty$"),
        (b"<html><body>404</body></html>", "^is no image of a format that is read$"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "^is no image of a format that is read$"),  # a phone's
    ],
)
def test_what_is_no_image_is_told_as_what_it_is(tmp_path, content, said):
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(UnreadableImageError, match=said):
        read_picture(tmp_path / "a.jpg")


def test_colours_that_share_sixteen_bits_are_read(tmp_path):
    header = struct.pack("<IiiHHIIiiII", 40, 2, 1, 1, 16, 3, 4, 0, 0, 0, 0)
    masks, pixels = struct.pack("<III", 0xF800, 0x07E0, 0x001F), struct.pack("<HH", 0xF800, 0xFFFF)
    start = 14 + len(header + masks)
    (tmp_path / "a.bmp").write_bytes(
        b"BM" + struct.pack("<IHHI", start + 4, 0, 0, start) + header + masks + pixels
    )
    assert read_image(tmp_path / "a.bmp").tolist() == [[[255, 0, 0], [255, 255, 255]]]


@pytest.mark.parametrize(
    ("profile", "is_told"), [("sRGB", False), ("LAB", True), ("broken", False), (None, False)]
)
def test_colours_that_a_viewer_would_change_are_told_and_read_as_they_are(tmp_path, profile, is_told):
    made = {None: None, "broken": b"no profile"}
    if profile not in made:
        made[profile] = ImageCms.ImageCmsProfile(ImageCms.createProfile(profile)).tobytes()
    picture = read_picture(saved(tmp_path / "a.png", COLOUR, icc_profile=made[profile]))
    np.testing.assert_array_equal(picture.pixels, COLOUR)
    told = "stored with a colour profile other than sRGB, which is not applied"
    assert picture.remarks == ((told,) if is_told else ())


@pytest.mark.parametrize(("gamma", "is_told"), [(1 / 2.2, False), (1.0, True)])
def test_a_gamma_that_is_not_of_screens_is_told(tmp_path, gamma, is_told):
    chunks = PngImagePlugin.PngInfo()
    chunks.add(b"gAMA", struct.pack(">I", round(gamma * 100_000)))
    assert bool(read_picture(saved(tmp_path / "a.png", COLOUR, pnginfo=chunks)).remarks) == is_told
