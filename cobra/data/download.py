"""Download one file: mirrors in order, resumed after interruptions, checked, whole or absent.

`pooch` and Snakemake's storage plugins start an interrupted download again from its first byte and know one
source; here `requests` transfers and `urllib3` retries, and what they lack is added: resumption and mirrors.
"""

import shutil
import sys
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from cobra.artifacts.files import require_space, sync
from cobra.data.catalog import DatasetEntry, File
from cobra.data.checksums import difference
from cobra.errors import UserError
from cobra.machine.locks import locked
from cobra.machine.progress import progress

TIMEOUTS = 15, 60  # seconds to connect, and between two pieces
# Tried again, ever later, when a server cannot be reached, is busy or fails.
RETRIES = Retry(total=4, backoff_factor=1, status_forcelist=(429, 500, 502, 503, 504), raise_on_status=False)
SENT = 1 << 16  # bytes per piece: an incomplete one is lost when the transfer breaks off
RESUMES = 8  # interruptions in a row, without a byte between them, after which a mirror is given up


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
    part = work / "content"
    try:
        with locked(work), requests.Session() as session:
            for scheme in ("https://", "http://"):
                session.mount(scheme, HTTPAdapter(max_retries=RETRIES))
            if file.size is not None:
                require_space(file.name, file.size - _size(part), target.parent)
            _from_mirrors(session, file, part)
            sync(part)
            part.replace(target)
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
        except (requests.RequestException, UserError) as error:
            faults.append(f"{url}: {_reason(error)}")
            print(faults[-1], file=sys.stderr)
    raise UserError(
        f"{file.name} could not be downloaded ({'; '.join(faults)}): check the connection and start "
        "again, or place the file by hand (`cobra datasets` says where)."
    )


def _receive(session: requests.Session, url: str, file: File, part: Path) -> None:
    """Fetch all of `file` from one mirror into `part`, resuming when the transfer breaks off."""
    if file.checksum is None:
        part.unlink(missing_ok=True)  # nothing would tell if it is of another version
    idle = 0
    unchanged: dict[str, str] = {}  # the header that asks for the rest of the same file
    while True:
        done = _size(part)
        headers = {"Accept-Encoding": "identity"}
        headers |= {"Range": f"bytes={done}-", **unchanged} if done else {}
        with session.get(url, headers=headers, stream=True, timeout=TIMEOUTS) as response:
            if done and response.status_code == requests.codes.requested_range_not_satisfiable:
                break  # nothing is missing, or the part is not the beginning
            response.raise_for_status()
            resumed = response.status_code == requests.codes.partial_content
            try:
                _append(response, file, part, done if resumed else 0)
                break
            except requests.RequestException:
                idle = 0 if _size(part) > done else idle + 1
                if idle == RESUMES:
                    raise UserError("the transfer broke off, again and again") from None
                tag = response.headers.get("ETag")
                unchanged = {"If-Range": tag} if tag else {}
    _require_whole(file, part)


def _append(response: requests.Response, file: File, part: Path, done: int) -> None:
    """Write the body behind the first `done` bytes of `part`; raises UserError at once if its length cannot
    be that of the published file.
    """
    announced = response.headers.get("Content-Length")
    total = done + int(announced) if announced else file.size
    if file.size not in (None, total):
        raise UserError(f"offers {total} bytes where {file.size} are published")
    with part.open("ab") as stream, progress(file.name, total, done, unit="B") as bar:
        stream.truncate(done)
        for piece in response.iter_content(SENT):
            stream.write(piece)
            bar.update(len(piece))


def _require_whole(file: File, part: Path) -> None:
    if file.size not in (None, _size(part)):
        fault = f"has {_size(part)} bytes where {file.size} are published"
    else:
        fault = difference(part, file.checksum) if file.checksum else ""
    if fault:
        part.unlink()  # continuing a wrong file cannot make it right
        raise UserError(f"what it sent {fault}")


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
