"""Whether a file is the published one."""

import gzip
import hashlib
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cobra.data.catalog import DatasetEntry, File
from cobra.errors import UserError

PIECE = 1 << 20


class Checksum:
    """A published checksum, "md5:..." or "sha256:...", fed piece by piece."""

    def __init__(self, published: str) -> None:
        self.kind, _, self.expected = published.partition(":")
        self._hash = hashlib.new(self.kind, usedforsecurity=False)

    def update(self, piece: bytes) -> None:
        """The next piece of the content."""
        self._hash.update(piece)

    def difference(self) -> str:
        """How all pieces together differ from the published content, in words; empty if they do not."""
        actual = self._hash.hexdigest()
        if actual == self.expected:
            return ""
        return f"has the {self.kind.upper()} {actual} where the published file has {self.expected}"


def known_file(dataset: str, entry: DatasetEntry, name: str) -> File:
    """The catalog's file of that name, with or without its .gz; raises UserError if there is none."""
    for layout in entry.layouts:
        for file in layout.files:
            if name in (file.name, file.name.removesuffix(".gz") if file.content else None):
                return file
    raise UserError(f"{name} is no file of {dataset}: `cobra datasets {dataset}` lists them.")


def require_published(path: Path, file: File) -> None:
    """Raise UserError unless `path`, found somewhere on disk, has the content that is published as `file`.

    Where the content of a .gz is known it alone counts: the copy may be packed anew, or not at all.
    """
    try:
        if file.content is not None:
            _require(path, file.content, gzip.open if path.suffix == ".gz" else open)
        elif file.checksum is not None:
            _require(path, file.checksum, open)
        elif file.size not in (None, path.stat().st_size):
            raise UserError(
                f"{path} has {path.stat().st_size} bytes where the published file has {file.size}: "
                "it is truncated or another file; place a correct copy there."
            )
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read ({error}): place a whole copy there.") from None


def _require(path: Path, published: str, opener: Callable[[Path, str], Any]) -> None:
    checksum = Checksum(published)
    with opener(path, "rb") as stream:
        while piece := stream.read(PIECE):
            checksum.update(piece)
    if difference := checksum.difference():
        what = f"{path} (uncompressed)" if opener is gzip.open else path
        raise UserError(
            f"{what} {difference}: it is truncated, altered or another file; place a correct copy there."
        )
