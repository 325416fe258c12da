"""Raw images to the prepared array: one size, counted, every unusable one named; in bounded memory."""

import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image, ImageOps

from cobra.artifacts.files import atomic, require_space, write_table
from cobra.artifacts.identity import Identity
from cobra.data.counts import deviations, leaks
from cobra.data.image_decoding import Pixels, UnreadableImageError
from cobra.data.prepared import Prepared, image_digest, manifest_path, table_digest
from cobra.data.raw import TRAIN, Label, RawImages, from_files
from cobra.data.settings import Background, PreparationSettings
from cobra.errors import UserError
from cobra.machine.progress import progress
from cobra.settings.validation import validate

BLOCK = 16  # images per task of a thread
AHEAD = 4  # tasks under way per thread, which bounds memory

Outcome = tuple[Pixels, str] | str  # an image and its digest, or what is wrong with it


def fit_image(image: Pixels, resolution: int, fit: str) -> Pixels:
    """Bring uint8 [H, W] or [H, W, 3] to [resolution, resolution, 3].

    "resize": antialiased bilinear; "crop": the shorter side resized, the middle of the longer one cut out;
    "pad": centred on black (resized if too large); "stretch": as `stretched`. Greyscale is repeated to three
    channels (released code).
    """
    picture = Image.fromarray(stretched(image, resolution) if fit == "stretch" else image)
    size = (resolution, resolution)
    if fit == "pad" and max(picture.size) <= resolution:
        canvas = Image.new(picture.mode, size)
        canvas.paste(picture, ((resolution - picture.width) // 2, (resolution - picture.height) // 2))
        picture = canvas
    elif fit == "crop":
        picture = ImageOps.fit(picture, size, Image.Resampling.BILINEAR)
    elif picture.size != size:
        picture = picture.resize(size, Image.Resampling.BILINEAR)
    pixels = np.asarray(picture)
    return np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels


def stretched(image: Pixels, resolution: int) -> Pixels:
    """uint8 [H, W, ...] to [resolution, resolution, ...] by adaptive average pooling (released code:
    models/transform_layers.py:104), rounded.
    """
    rows, columns = (_averages(side, resolution) for side in image.shape[:2])
    turned = np.tensordot(columns, np.tensordot(rows, image, 1), (1, 1))
    return np.rint(turned.swapaxes(0, 1)).astype(np.uint8)


@cache
def _averages(side: int, resolution: int) -> NDArray[np.float64]:
    """The weights [resolution, side] of the means: that of place i is over all places that the i-th of
    `resolution` equal parts of the side touches.
    """
    weights = np.zeros((resolution, side))
    for place, row in enumerate(weights):
        row[place * side // resolution : -(-(place + 1) * side // resolution)] = 1
    return weights / weights.sum(axis=1, keepdims=True)


def form_of(prepared: Prepared) -> PreparationSettings:
    """How the images of a prepared data set were made."""
    given = prepared.identity.settings
    known = {name: given[name] for name in PreparationSettings.model_fields if name in given}
    return validate(PreparationSettings, known, str(prepared.path))


def write_prepared(
    path: Path,
    raw: RawImages,
    settings: PreparationSettings,
    identity: Identity,
    *,
    strict: bool,
    threads: int,
) -> None:
    """Write the array at `path` and its manifest beside it.

    How the data deviate from the published stands in the manifest's identity. Raises UserError for unusable
    images (all of them named), for a full disk and, if `strict`, for any deviation; then neither file exists.
    """
    found = [*deviations(raw.labels, settings), *raw.left_out]
    _report(found, strict=strict)
    try:
        with atomic(path) as temporary:
            digests = _write_array(temporary, path, raw, settings, threads)
            repeated = [*leaks(raw.labels, digests), *raw.remarks()]
            _report(repeated, strict=False)
            columns = {name: [getattr(label, name) for label in raw.labels] for name in Label._fields}
            manifest = pa.table({"image_id": range(len(digests)), **columns, "sha256": digests})
            own = {
                "settings": identity.settings | {"deviations": found + repeated},
                "inputs": {"manifest": table_digest(manifest)},
            }
            write_table(manifest_path(path), manifest, identity.model_copy(update=own))
    except BaseException:
        with suppress(OSError):
            manifest_path(path).unlink()
        raise


def _report(found: list[str], *, strict: bool) -> None:
    if found and strict:
        raise UserError(
            f"The data are not what they should be: {'; '.join(found)}: place the complete "
            "data set, or set data.counts to warn."
        )
    for line in found:
        print(f"warning: {line}", file=sys.stderr)


def _write_array(
    temporary: Path, path: Path, raw: RawImages, settings: PreparationSettings, threads: int
) -> list[str]:
    """Write all images in order, as they are made, to the file that will be `path`; their digests."""
    shape = (len(raw.labels), settings.resolution, settings.resolution, 3)
    require_space(str(path), int(np.prod(shape)), path.parent)
    digests = []
    with temporary.open("wb") as stream:
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(stream, header)
        for image, digest in prepared_images(raw, settings.resolution, settings.fit, threads):
            stream.write(np.ascontiguousarray(image).data)
            digests.append(digest)
    return digests


def load_files(
    paths: Sequence[Path], resolution: int, fit: str, background: Background, threads: int
) -> tuple[Pixels, list[str]]:
    """Image files in the form of a data set, uint8 [N, 3, resolution, resolution], and the digest of each.

    Raises UserError naming every one that cannot be used.
    """
    raw = from_files([(Label(TRAIN, "", "", str(path)), path) for path in paths], background)
    images = np.empty((len(paths), 3, resolution, resolution), dtype=np.uint8)
    digests = []
    for number, (image, digest) in enumerate(prepared_images(raw, resolution, fit, threads)):
        images[number] = image.transpose(2, 0, 1)
        digests.append(digest)
    return images, digests


def prepared_images(raw: RawImages, resolution: int, fit: str, threads: int) -> Iterator[tuple[Pixels, str]]:
    """All images in order, uint8 [resolution, resolution, 3], each with its digest.

    Raises UserError, after the last one, naming every image that cannot be used.
    """
    faults = []
    with progress("preparing images", len(raw.labels)) as bar:
        for label, outcome in zip(raw.labels, _outcomes(raw, resolution, fit, threads), strict=True):
            bar.update()
            if isinstance(outcome, str):
                faults.append(f"{label.source} {outcome}")
            else:
                yield outcome
    if faults:
        raise UserError(
            f"{len(faults)} of {len(raw.labels)} images cannot be used ({'; '.join(faults)}): "
            "replace or remove them."
        )


def _outcomes(raw: RawImages, resolution: int, fit: str, threads: int) -> Iterator[Outcome]:
    """What becomes of each image, in order, from several threads: decoding and resizing release the GIL."""

    def prepare(block: range) -> list[Outcome]:
        return [_prepare(raw, number, resolution, fit) for number in block]

    blocks = (range(first, min(first + BLOCK, len(raw.labels))) for first in range(0, len(raw.labels), BLOCK))
    under_way: deque[Future[list[Outcome]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for block in blocks:
            under_way.append(pool.submit(prepare, block))
            if len(under_way) > AHEAD * threads:
                yield from under_way.popleft().result()
        while under_way:
            yield from under_way.popleft().result()


def _prepare(raw: RawImages, number: int, resolution: int, fit: str) -> Outcome:
    try:
        image = fit_image(raw.load(number), resolution, fit)
    except UnreadableImageError as error:
        return str(error)
    return image, image_digest(image)
