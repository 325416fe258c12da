"""Download one file: mirrors in order, resumed after interruptions, checked as it streams, whole or absent.

`pooch` and Snakemake's storage plugins start an interrupted download again from its first byte and know one
source; here `requests` transfers and `urllib3` retries, and what they lack is added: resumption and mirrors.
"""

import itertools
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from cobra.artifacts.files import sync
from cobra.data.catalog import DatasetEntry, File
from cobra.data.checksums import PIECE, Checksum
from cobra.errors import UserError
from cobra.machine.locks import locked
from cobra.machine.progress import progress

CONNECT_SECONDS, READ_SECONDS = 15, 60
SENT = 1 << 16  # bytes per piece: an incomplete one is lost when the transfer breaks off
RESUMES = 8  # interruptions in a row, without a byte between them, after which a mirror is given up


class _BrokenOffError(Exception):
    """A transfer ended early; `unchanged` is the header that asks for the rest of the same file."""

    def __init__(self, unchanged: dict[str, str]) -> None:
        super().__init__("the transfer broke off, again and again")
        self.unchanged = unchanged


def require_allowed(entry: DatasetEntry, file: File, drop: Path, *, accepted: bool) -> None:
    """Raise UserError if `file` is not to be had without a person: by hand, or by accepting a licence.

    `drop` is the folder for files placed by hand, named as the data set.
    """
    if not file.urls:
        raise UserError(
            f"{file.name} of {entry.title} must be fetched by hand from {entry.homepage} (terms: "
            f"{entry.licence}): place it in {drop}."
        )
    if entry.access == "licence" and not accepted:
        raise UserError(
            f"{entry.title} has the licence {entry.licence}, see {entry.homepage}: if you accept it, add "
            f"{drop.name} to data.accept_licences in the configuration."
        )


def download(file: File, target: Path) -> None:
    """Fetch `file` to `target`, continuing the partial file of an earlier try.

    Raises UserError with each mirror's fault if none delivers, or if the disk is full, and then leaves no
    `target`; what was received stays beside it for the next try, unless its checksum was wrong.
    """
    work = target.with_name(f".{target.name}.part")
    try:
        with locked(work), _session() as session:
            _require_space(file, work)
            _from_mirrors(session, file, work / "content")
            sync(work / "content")
            (work / "content").replace(target)
            shutil.rmtree(work)
    except OSError as error:  # not a mirror's fault: those are caught with each
        raise UserError(
            f"{target} could not be written ({error.strerror or error}): make room or check the disk and "
            "start again."
        ) from None


def _from_mirrors(session: requests.Session, file: File, part: Path) -> None:
    faults = []
    for url in file.urls:
        try:
            _receive(session, url, file, part)
            return
        except (requests.RequestException, _BrokenOffError, UserError) as error:
            faults.append(f"{url}: {_reason(error)}")
            print(faults[-1], file=sys.stderr)
    raise UserError(
        f"{file.name} could not be downloaded ({'; '.join(faults)}): check the connection and start "
        "again, or place the file by hand (`cobra datasets` says where)."
    )


def _require_space(file: File, work: Path) -> None:
    free = shutil.disk_usage(work).free
    if file.size is not None and file.size - _size(work / "content") > free:
        raise UserError(
            f"{file.name} has {file.size >> 20} MiB and the disk of {work.parent} has {free >> 20} MiB free: "
            "make room and start again."
        )


@contextmanager
def _session() -> Iterator[requests.Session]:
    """A session that tries again, ever later, when a server cannot be reached, is busy or fails."""
    retry = Retry(
        total=4, backoff_factor=1, status_forcelist=(429, 500, 502, 503, 504), raise_on_status=False
    )
    with requests.Session() as session:
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(max_retries=retry))
        yield session


def _receive(session: requests.Session, url: str, file: File, part: Path) -> None:
    """Fetch all of `file` from one mirror into `part`, resuming when the transfer breaks off."""
    if file.checksum is None:
        part.unlink(missing_ok=True)  # nothing would tell if it is of another version
    idle = 0
    headers: dict[str, str] = {}
    while True:
        before = _size(part)
        try:
            _transfer(session, url, file, part, headers)
            return
        except _BrokenOffError as error:
            idle = 0 if _size(part) > before else idle + 1
            if idle >= RESUMES:
                raise
            headers = error.unchanged


def _transfer(session: requests.Session, url: str, file: File, part: Path, unchanged: dict[str, str]) -> None:
    """One request for what is missing; the whole is checked as it streams."""
    done = _size(part)
    headers = {"Accept-Encoding": "identity"}
    headers |= {"Range": f"bytes={done}-", **unchanged} if done else {}
    checksum = Checksum(file.checksum) if file.checksum else None
    with session.get(url, headers=headers, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS)) as response:
        pieces: Iterable[bytes] = ()  # with status 416 nothing is missing, or the part is not the beginning
        if response.status_code != requests.codes.requested_range_not_satisfiable:
            response.raise_for_status()
            done = done if response.status_code == requests.codes.partial_content else 0
            pieces = _announced(response, file, done)
        with part.open("ab+") as stream:
            stream.truncate(done)
            stream.seek(0)
            for piece in itertools.chain(_read(stream), _append(stream, pieces)):
                if checksum:
                    checksum.update(piece)
    fault = checksum.difference() if checksum else ""
    if file.size not in (None, _size(part)):
        fault = f"has {_size(part)} bytes where {file.size} are published"
    if fault:
        part.unlink()  # continuing a wrong file cannot make it right
        raise UserError(f"what it sent {fault}")


def _announced(response: requests.Response, file: File, done: int) -> Iterator[bytes]:
    """The body's pieces; raises UserError at once if its length cannot be that of the published file."""
    announced = response.headers.get("Content-Length")
    total = done + int(announced) if announced else file.size
    if file.size is not None and total != file.size:
        raise UserError(f"offers {total} bytes where {file.size} are published")
    with progress(file.name, total, done, unit="B") as bar:
        try:
            for piece in response.iter_content(SENT):
                bar.update(len(piece))
                yield piece
        except requests.RequestException:
            tag = response.headers.get("ETag")
            raise _BrokenOffError({"If-Range": tag} if tag else {}) from None


def _read(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(PIECE):
        yield piece


def _append(stream: IO[bytes], pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        stream.write(piece)
        yield piece


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _reason(error: Exception) -> str:
    if isinstance(error, requests.HTTPError):
        return f"answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return "does not answer"
    if isinstance(error, requests.ConnectionError):
        return "cannot be reached"
    return str(error)
