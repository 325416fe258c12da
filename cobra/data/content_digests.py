"""What a folder of raw data holds, as a digest: by names and content of the files read, through links.

Neither times nor places count, so a copy is the same data; what systems and viewers leave in folders is none.
A file's own digest is kept by its place, size and times, since a large folder takes minutes to read.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from cobra.artifacts.digests import file_digest
from cobra.errors import UserError
from cobra.machine.reading import require_file, watched


def files_digest(folder: Path, files: Iterable[Path], kept: Path | None = None) -> str:
    """Digest of those files in `folder`; `kept` is a file in which digests are kept for the next time.
    Raises UserError for what cannot be read.
    """
    known: dict[str, str] = {}
    if kept:
        with contextlib.suppress(OSError, ValueError):  # none yet, or cut off
            known = dict(json.loads(kept.read_bytes()))
    found, listing = {}, hashlib.sha256()
    for path in sorted(files):
        place, own = _digest(path, known)
        found[place] = own
        listing.update(os.fsencode(path.relative_to(folder)) + b"\0" + own.encode() + b"\n")
    if kept and found.items() - known.items():
        _keep(kept, known | found)
    return listing.hexdigest()


def _digest(path: Path, known: dict[str, str]) -> tuple[str, str]:
    """A file's place, with all that changes when its content may have, and the digest of its content."""
    try:
        with watched(path):
            require_file(path)
            status = path.stat()
        real = os.fsencode(os.path.realpath(path)).decode("utf-8", "backslashreplace")
        place = f"{real} {status.st_ino} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"
        return place, known.get(place) or file_digest(path)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}): mend or remove it.") from None


def _keep(kept: Path, digests: dict[str, str]) -> None:
    written = kept.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):  # where nothing can be written, all is read again next time
        kept.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(json.dumps(digests))
        written.replace(kept)
