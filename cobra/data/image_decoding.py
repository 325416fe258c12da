"""An image file's pixels as any viewer shows them: the one way in which images are opened here."""

import io
import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from cobra.data.settings import Background
from cobra.machine.reading import require_file, watched

Pixels = NDArray[np.uint8]
DAMAGED = (  # what Pillow's decoders raise
    OSError, ValueError, SyntaxError, TypeError, IndexError, OverflowError, struct.error,
    Image.DecompressionBombError,
)  # fmt: skip
EIGHT_BIT = {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "CMYK", "YCbCr"}
ORIENTATION = 0x0112  # the tag of the EXIF data
SIX_BIT = "BGR;16"  # Pillow's name for colours that share 16 bits
USUAL_GAMMA = 1 / 2.2
PREVIEWS = {"MPO"}  # cameras' JPEG: after the picture come smaller ones of it


class UnreadableImageError(Exception):
    """An image that cannot be used, with the reason."""


class Picture(NamedTuple):
    """Pixels uint8 [H, W] or [H, W, 3], and what was done to show them, in words."""

    pixels: Pixels
    remarks: tuple[str, ...] = ()


def read_picture(path: Path, background: Background = "white") -> Picture:
    """The picture in an image file of 8 bits per channel: turned as the EXIF data say, transparent parts on
    `background`, palettes and CMYK as RGB; grey stays grey. Raises UnreadableImageError for more bits,
    several frames or pages, and what is no whole image.
    """
    try:
        with watched(path):
            return _picture(path, background)
    except FileNotFoundError:
        raise UnreadableImageError("does not exist") from None
    except UnidentifiedImageError:
        what = "is no image of a format that is read" if path.stat().st_size else "is empty"
        raise UnreadableImageError(what) from None
    except DAMAGED as error:
        raise UnreadableImageError(str(error).replace(str(path), "it")) from None


def _picture(path: Path, background: Background) -> Picture:
    require_file(path)
    with Image.open(path) as image:
        frames = getattr(image, "n_frames", 1)
        if frames > 1 and image.format not in PREVIEWS:
            raise UnreadableImageError(f"has {frames} frames or pages where one image is needed")
        stored = _stored_format(image)
        if image.mode not in EIGHT_BIT or "16" in stored:
            raise UnreadableImageError(f"has the pixel format {stored}, not 8 bits per channel")
        return _shown(image, background)


def read_image(path: Path, background: Background = "white") -> Pixels:
    """The pixels alone."""
    return read_picture(path, background).pixels


def _shown(image: Image.Image, background: Background) -> Picture:
    is_turned = image.getexif().get(ORIENTATION) in range(2, 9)  # asked first: TIFFs forget it
    remarks = ["turned as the EXIF data say"] if is_turned else []
    if _has_other_colours(image):
        remarks.append("stored with a colour profile other than sRGB, which is not applied")
    turned = ImageOps.exif_transpose(image)
    if turned.has_transparency_data:
        layered = turned.convert("RGBA")
        if layered.getchannel("A").getextrema() != (255, 255):
            remarks.append(f"transparent, shown on {background}")
            canvas = Image.new("RGBA", layered.size, background)
            turned = Image.alpha_composite(canvas, layered).convert("RGB")
    pixels = np.array(turned.convert("L" if turned.mode in ("1", "L") else "RGB"))
    return Picture(pixels, tuple(remarks))


def _stored_format(image: Image.Image) -> str:
    """Pillow's name for the pixels in the file: it opens colours of 16 bits with the lower ones cut off."""
    if not getattr(image, "tile", None):
        return image.mode
    arguments = image.tile[0].args  # type: ignore[attr-defined]
    given = arguments if isinstance(arguments, tuple) else (arguments,)
    if image.format == "PPM" and isinstance(given[-1], int) and given[-1] > 255:
        return f"{image.mode} of 16 bits"
    raw = given[0] if given else ""
    return raw if isinstance(raw, str) and "16" in raw and raw != SIX_BIT else image.mode


def _has_other_colours(image: Image.Image) -> bool:
    """Whether viewers that manage colours show others than the pixels' own. Applying a profile would make
    other data of the published ones: torchvision, by which they were read, does not.
    """
    if profile := image.info.get("icc_profile"):
        try:
            described = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
        except (ImageCms.PyCMSError, OSError):  # viewers do without a broken one
            return False
        return "srgb" not in described.lower()
    gamma = image.info.get("gamma")
    return gamma is not None and "srgb" not in image.info and abs(gamma - USUAL_GAMMA) > 0.02
