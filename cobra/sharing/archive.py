"""A bundle's archive: equal files give equal bytes; reading it does not trust whoever wrote it."""

import gzip
import io
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cobra.artifacts.files import atomic
from cobra.errors import UserError
from cobra.machine.progress import progress
from cobra.sharing.manifest import (
    MANIFEST,
    MAX_MANIFEST_BYTES,
    Manifest,
    Packed,
    file_faults,
    parse_manifest,
)

PIECE = 1 << 20
OVERHEAD = 1 << 14  # bytes of headers and padding that a member may take beside its content
FREE_BYTES = 2**28  # left free on the disk
DAMAGE = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError)


def write_archive(output: Path, root: Path, manifest: Manifest) -> None:
    """The manifest, then its files in the order of their paths: owner, mode and the archive's own time are
    fixed, the files' times are kept.
    """
    with atomic(output) as temporary, _packing(temporary) as tar:
        _add(tar, MANIFEST, len(manifest.text()), 0, io.BytesIO(manifest.text()))
        total = sum(file.size for file in manifest.files)
        with progress("packing", total, unit="B") as bar:
            for file in manifest.files:
                with (root / file.path).open("rb") as content:
                    _add(tar, file.path, file.size, file.mtime, content)
                bar.update(file.size)


@contextmanager
def _packing(path: Path) -> Iterator[tarfile.TarFile]:
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        yield tar


def _add(tar: tarfile.TarFile, name: str, size: int, mtime: int, content: IO[bytes]) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, mtime, 0o644
    tar.addfile(member, content)


def extract(archive: Path, target: Path) -> Manifest:
    """Write a bundle's files, with their times, below the empty folder `target`.

    Raises UserError for what is no bundle, and for a member that the manifest does not list, that is longer
    or shorter than listed, or no plain file. Digests are for `verify`.
    """
    try:
        with gzip.open(archive) as opened:
            bounded = Bounded(archive, opened)
            with tarfile.open(fileobj=bounded, mode="r|") as tar:
                manifest = _read_manifest(archive, tar)
                _require_space(archive, manifest, target)
                bounded.allow(sum(file.size + OVERHEAD for file in manifest.files))
                _extract_all(archive, tar, manifest, target)
    except DAMAGE as error:
        reason = (str(error).splitlines() or ["it ends early"])[0]
        raise UserError(f"{archive} is no bundle, or not a whole one ({reason}): get it anew.") from None
    except OSError as error:
        raise UserError(
            f"{archive} could not be unpacked ({error.strerror or error}): check the path and the disk."
        ) from None
    return manifest


@contextmanager
def unpacked(archive: Path, place: Path | None = None) -> Iterator[tuple[Path, Manifest]]:
    """A folder (in `place`), removed afterwards, with a bundle's files, each as its manifest says; errors in
    the block, too, name the archive, a line each.
    """
    with tempfile.TemporaryDirectory(prefix=".bundle-", dir=place) as name:
        root = Path(name)
        try:
            manifest = extract(archive, root)
            faults = list(file_faults(root, manifest.files))
            if faults:
                raise UserError("\n".join(faults))
            yield root, manifest
        except UserError as error:
            lines = str(error).replace(f"{root}/", "").splitlines()
            told = [line if line.startswith(str(archive)) else f"{archive}: {line}" for line in lines]
            raise UserError("\n".join(told)) from None


class Bounded(io.RawIOBase):
    """A stream that raises UserError beyond the bytes allowed: a few kilobytes may unpack to terabytes."""

    def __init__(self, archive: Path, stream: gzip.GzipFile) -> None:
        self._archive = archive
        self._stream = stream
        self._left = MAX_MANIFEST_BYTES + OVERHEAD

    def allow(self, size: int) -> None:
        """Let `size` bytes more pass."""
        self._left += size

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        content = self._stream.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise UserError(f"{self._archive} holds more than its manifest lists: refused, get it anew.")
        return content


def _read_manifest(archive: Path, tar: tarfile.TarFile) -> Manifest:
    member = tar.next()
    if member is None or member.name != MANIFEST or not member.isreg() or member.size > MAX_MANIFEST_BYTES:
        raise UserError(f"{archive} does not begin with {MANIFEST}: name an archive that `make bundle` made.")
    content = tar.extractfile(member)
    return parse_manifest(content.read() if content else b"", f"{archive}: {MANIFEST}")


def _require_space(archive: Path, manifest: Manifest, target: Path) -> None:
    size = sum(file.size for file in manifest.files)
    free = shutil.disk_usage(target).free
    if size + FREE_BYTES > free:
        raise UserError(
            f"{archive} needs {-(-size >> 20)} MiB and the disk of {target} has {free >> 20} MiB free, of "
            f"which {FREE_BYTES >> 20} are left alone: make room and start again."
        )


def _extract_all(archive: Path, tar: tarfile.TarFile, manifest: Manifest, target: Path) -> None:
    write_file(target / MANIFEST, io.BytesIO(manifest.text()), 0)
    listed = {file.path: file for file in manifest.files}
    total = sum(file.size for file in manifest.files)
    with progress(f"unpacking {archive.name}", total, unit="B") as bar:
        while (member := tar.next()) is not None:
            file = _require_listed(archive, member, listed, target)
            content = tar.extractfile(member)
            if content is not None:
                write_file(target / file.path, content, file.mtime)
            bar.update(file.size)


def _require_listed(
    archive: Path, member: tarfile.TarInfo, listed: dict[str, Packed], target: Path
) -> Packed:
    """The manifest's entry of a member, taken off the list: a second one of that name is refused."""
    refusal = ""
    try:
        tarfile.data_filter(member, str(target))
    except tarfile.FilterError as error:
        refusal = f"is refused ({error})"
    file = listed.pop(member.name, None)
    if not member.isreg():
        refusal = refusal or "is no plain file"
    elif file is None:
        refusal = refusal or "is not in its manifest"
    elif file.size != member.size:
        refusal = refusal or f"has {member.size} bytes where the manifest says {file.size}"
    if refusal or file is None:
        raise UserError(f"{archive}: member {member.name!r} {refusal}: get it anew.")
    return file


def write_file(path: Path, content: IO[bytes], mtime: int) -> None:
    """A new file with its time; 0: now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        shutil.copyfileobj(content, file, PIECE)
    if mtime:
        os.utime(path, (mtime, mtime))
