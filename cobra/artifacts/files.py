"""Files that are whole or absent, tables and JSON that carry their identity, and the words for a file that
is not one of those. Does not import torch.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from glob import escape
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from cobra.artifacts.identity import Identity, run_record_path
from cobra.errors import UserError
from cobra.machine.locks import held, remove_abandoned

IDENTITY_KEY = b"cobra.identity"
TABLE = "a .parquet that cobra wrote, such as a score file or the manifest of prepared data"
RECORD = "a .json of results that cobra wrote, such as verdicts or the descriptor of a detector"
CODE_BOOK, CLAIM = "code", "attacked.json"  # in a folder of results: of the workflow, of `cobra attack`
MARKS = (b'"subject":', b'"settings":', b'"inputs":', b'"versions":')  # of an identity, in any format


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place, synced to disk, if the block succeeds; what killed
    processes left of earlier ones is removed.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_abandoned(path.parent.glob(f".{escape(path.name)}.*.tmp"))
        with held(temporary):
            yield temporary
            sync(temporary)
        temporary.replace(path)
    except OSError as error:
        raise UserError(
            f"{path} could not be written ({error.strerror or error}): "
            "make room or check the disk and start again."
        ) from None
    finally:
        with suppress(NotADirectoryError):
            temporary.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Have a file's content on the disk before anything relies on it."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def require_space(what: str, size: int, folder: Path, reserve: int = 0) -> None:
    """Raise UserError unless the disk of `folder` has room for `size` bytes of `what`, and `reserve` more."""
    free = shutil.disk_usage(folder).free
    if size + reserve > free:
        kept = f", of which {reserve >> 20} are left alone" if reserve else ""
        raise UserError(
            f"{what} needs {-(-size >> 20)} MiB and the disk of {folder} has {free >> 20} MiB free{kept}: "
            "make room and start again."
        )


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file or none."""
    with atomic(path) as temporary:
        temporary.write_bytes(content)


def write_table(
    path: Path, table: pa.Table, identity: Identity, more: Mapping[bytes, bytes] | None = None
) -> None:
    """A parquet file with its identity, and what `more` is told, in the schema's metadata."""
    metadata = {IDENTITY_KEY: identity.model_dump_json().encode(), **(more or {})}
    with atomic(path) as temporary:
        pq.write_table(table.replace_schema_metadata(metadata), temporary, compression="zstd")


def read_table(path: Path) -> tuple[pa.Table, Identity]:
    """What `write_table` wrote."""
    if not path.is_file():
        raise UserError(f"{path} does not exist: run the job that makes it.")
    try:
        with pq.ParquetFile(path) as file:  # pq.read_table would import pandas, half a second of each job
            table = file.read()
        identity = Identity.model_validate_json(table.schema.metadata[IDENTITY_KEY])
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        raise refusal(path, path.read_bytes(), TABLE, _found(error, "parquet")) from error
    return table, identity


def _found(error: Exception, form: str) -> str:
    """What a file is that should be an artifact in this format, by the error that it makes."""
    if isinstance(error, KeyError | TypeError | AttributeError | ValidationError):
        return f"is {form}, but not of cobra (no identity is in it)"
    return f"is no whole file of {form}"


def write_json(path: Path, content: dict[str, Any], identity: Identity) -> None:
    """A JSON file with its identity in it."""
    write_plain_json(path, {"identity": identity.model_dump(mode="json"), **content})


def write_plain_json(path: Path, content: Mapping[str, Any]) -> None:
    """A JSON file for people, a value per line."""
    write_bytes(path, json.dumps(content, indent=1).encode() + b"\n")


def read_json(path: Path) -> tuple[dict[str, Any], Identity]:
    """What `write_json` wrote."""
    if not path.is_file():
        raise UserError(f"{path} does not exist: run the job that makes it.")
    try:
        content = json.loads(path.read_text())
        identity = Identity.model_validate(content.pop("identity"))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise refusal(path, path.read_bytes(), RECORD, _found(error, "JSON")) from error
    return content, identity


def write_run_record(artifact: Path, identity: Identity, run_details: dict[str, Any]) -> None:
    """Beside an artifact: its identity for people, and what may differ between equal runs."""
    record = {
        "identity": identity.model_dump(mode="json"),
        **run_details,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    write_plain_json(run_record_path(artifact), record)


def read_run_record(artifact: Path) -> dict[str, Any]:
    """The run record beside an artifact, empty if there is none; its `identity` is parsed."""
    path = run_record_path(artifact)
    if not path.is_file():
        return {}
    try:
        record = json.loads(path.read_text())
        return record | {"identity": Identity.model_validate(record["identity"])}
    except (KeyError, ValueError, TypeError) as error:
        raise UserError(f"{path} is damaged: remove it and make the artifact again.") from error


def refusal(path: Path, content: bytes, wanted: str, found: str) -> UserError:
    """The error for a file that cannot be read: `found` says what it is where `wanted` is needed. A person's
    own file is never called damaged, and nobody is told to remove it.
    """
    if is_ours(path, content):
        return UserError(f"{path} is damaged: remove it and make it again.")
    return UserError(f"{path} {found}: give {wanted}.")


def is_ours(path: Path, content: bytes) -> bool:
    """Whether this project wrote a file: an identity is in it, a run record is beside it, or it lies below a
    folder that the workflow, or `cobra attack`, writes results to.
    """
    marked = all(mark in content for mark in MARKS) or run_record_path(path).is_file()
    return marked or any(map(_holds_results, path.absolute().parents))


def _holds_results(folder: Path) -> bool:
    try:
        pages = (folder / CODE_BOOK).glob("?" * 64 + ".json")  # each named by a digest
        return (folder / CLAIM).is_file() or next(pages, None) is not None
    except OSError:  # a folder that may not be read
        return False
