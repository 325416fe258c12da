"""A bundle's archive: equal files give equal bytes; reading it does not trust whoever wrote it."""

import gzip
import io
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cobra.artifacts.archives import FREE_BYTES
from cobra.artifacts.files import atomic, require_space
from cobra.errors import UserError
from cobra.machine.progress import progress
from cobra.sharing.manifest import MANIFEST, MAX_MANIFEST_BYTES, Manifest, Packed, file_faults

MODE = 0o644  # of every file
OVERHEAD = 1 << 14  # bytes of headers and padding that a member may take beside its content
DAMAGE = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError)


def write_archive(output: Path, root: Path, manifest: Manifest) -> None:
    """The manifest, then its files in the order of their paths: owner, mode and the archive's own time are
    fixed, the files' times are kept.
    """
    with (
        atomic(output) as temporary,
        temporary.open("wb") as raw,
        gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
        progress("packing", manifest.size, unit="B") as bar,
    ):
        _add(tar, MANIFEST, len(manifest.text()), 0, io.BytesIO(manifest.text()))
        for file in manifest.files:
            with (root / file.path).open("rb") as content:
                _add(tar, file.path, file.size, file.mtime, content)
            bar.update(file.size)


def _add(tar: tarfile.TarFile, name: str, size: int, mtime: int, content: IO[bytes]) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = size, mtime, MODE
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
                require_space(str(archive), manifest.size, target, FREE_BYTES)
                bounded.left += manifest.size + OVERHEAD * len(manifest.files)
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
    """A stream that raises UserError once more than `left` bytes are read: a few kilobytes may unpack to
    terabytes.
    """

    def __init__(self, archive: Path, stream: gzip.GzipFile) -> None:
        self._archive, self._stream = archive, stream
        self.left = MAX_MANIFEST_BYTES + OVERHEAD

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        content = self._stream.read(size)
        self.left -= len(content)
        if self.left < 0:
            raise UserError(f"{self._archive} holds more than its manifest lists: refused, get it anew.")
        return content


def _read_manifest(archive: Path, tar: tarfile.TarFile) -> Manifest:
    member = tar.next()
    if member is None or member.name != MANIFEST or not member.isreg() or member.size > MAX_MANIFEST_BYTES:
        raise UserError(f"{archive} does not begin with {MANIFEST}: name an archive that `make bundle` made.")
    content = tar.extractfile(member)
    return Manifest.parse(content.read() if content else b"", f"{archive}: {MANIFEST}")


def _extract_all(archive: Path, tar: tarfile.TarFile, manifest: Manifest, target: Path) -> None:
    (target / MANIFEST).write_bytes(manifest.text())
    listed = {file.path: file for file in manifest.files}
    with progress(f"unpacking {archive.name}", manifest.size, unit="B") as bar:
        while (member := tar.next()) is not None:
            if fault := _member_fault(member, listed.get(member.name), target):
                raise UserError(f"{archive}: member {member.name!r} {fault}: get it anew.")
            file = listed.pop(member.name)  # a second member of that name is refused
            member.mode, member.mtime = MODE, file.mtime
            tar.extract(member, target, filter="data")
            bar.update(file.size)


def _member_fault(member: tarfile.TarInfo, file: Packed | None, target: Path) -> str:
    """What is wrong with a member that the manifest lists as `file`; empty: nothing."""
    try:
        tarfile.data_filter(member, str(target))
    except tarfile.FilterError as error:
        return f"is refused ({error})"
    if not member.isreg():
        return "is no plain file"
    if file is None:
        return "is not in its manifest"
    if file.size != member.size:
        return f"has {member.size} bytes where the manifest says {file.size}"
    return ""
