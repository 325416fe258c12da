"""Whether a file is the published one."""

import gzip
import hashlib
import zlib
from pathlib import Path

from cobra.data.catalog import File
from cobra.errors import UserError
from cobra.machine.reading import opened


def difference(path: Path, published: str, *, unpacked: bool = False) -> str:
    """How a file, or what a .gz holds (`unpacked`), differs from the content with the checksum `published`
    ("md5:..." or "sha256:..."), in words; empty if it does not.
    """
    kind, _, expected = published.partition(":")
    with opened(path) as file:
        content = gzip.GzipFile(fileobj=file) if unpacked else file
        found = hashlib.file_digest(content, lambda: hashlib.new(kind, usedforsecurity=False))
    if found.hexdigest() == expected:
        return ""
    return f"has the {kind.upper()} {found.hexdigest()} where the published file has {expected}"


def require_published(path: Path, file: File) -> None:
    """Raise UserError unless `path`, found somewhere on disk, has the content that is published as `file`.

    Where the content of a .gz is known it alone counts: the copy may be packed anew, or not at all.
    """
    unpacked = file.content is not None and path.suffix == ".gz"
    published = file.content or file.checksum
    fault = ""
    try:
        if published is not None:
            fault = difference(path, published, unpacked=unpacked)
        elif file.size not in (None, path.stat().st_size):
            fault = f"has {path.stat().st_size} bytes where the published file has {file.size}"
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read ({error}): place a whole copy there.") from None
    if fault:
        raise UserError(
            f"{path}{' (uncompressed)' if unpacked else ''} {fault}: "
            "it is truncated, altered or another file; place a correct copy there."
        )
