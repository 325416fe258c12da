"""A record with its score files in one small archive, in the form of a bundle and read as warily."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cobra.artifacts.digests import file_digest
from cobra.artifacts.files import write_bytes
from cobra.errors import UserError
from cobra.sharing.archive import extract, write_archive
from cobra.sharing.leaderboard.record import Key, Record, inner_path, parse_record
from cobra.sharing.leaderboard.score_files import ScoreFile, read_scores
from cobra.sharing.manifest import Manifest, Packed, describe, file_faults

RECORD = "record.json"


@dataclass(frozen=True)
class Opened:
    """A record and the score files attached to it."""

    record: Record
    files: Mapping[Key, ScoreFile]


def write_package(output: Path, record: Record, paths: Mapping[Key, Path]) -> None:
    """The archive; equal files give equal bytes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_bytes(folder / RECORD, record.text())
        for key, path in paths.items():
            (folder / inner_path(key)).parent.mkdir(exist_ok=True)
            shutil.copyfile(path, folder / inner_path(key))
        inside = {RECORD: "record", **{inner_path(key): key[0] for key in paths}}
        described = [describe(folder, path, kind).model_dump() for path, kind in inside.items()]
        files = [Packed.model_validate(file | {"mtime": 0}) for file in described]
        write_archive(output, folder, Manifest(versions=record.identity.versions, files=files))


def open_package(archive: Path) -> Opened:
    """A record's archive; raises UserError, a sentence per fault, if it is damaged or not what it lists."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _told_of(archive, folder):
            manifest = extract(archive, folder)
            _require_none(list(file_faults(folder, manifest.files)))
            if RECORD not in {file.path for file in manifest.files}:
                raise UserError(f"it holds no {RECORD}: name an archive that `cobra attack --record` made.")
            record = parse_record((folder / RECORD).read_bytes(), RECORD)
            _require_none(list(_attached_faults(folder, record, manifest)))
            files = {file.key: read_scores(folder / inner_path(file.key)) for file in record.files}
    return Opened(record, files)


def _attached_faults(folder: Path, record: Record, manifest: Manifest) -> Iterator[str]:
    """Whether the score files are those that the record names, and no others."""
    wanted = {inner_path(file.key): file.sha256 for file in record.files}
    for path in sorted({file.path for file in manifest.files} - wanted.keys() - {RECORD}):
        yield f"{path} is not named by {RECORD}: leave it out."
    for path, sha256 in wanted.items():
        if not (folder / path).is_file():
            yield f"{path} is missing: attach all score files that {RECORD} names."
        elif file_digest(folder / path) != sha256:
            yield f"{path} is not the file that {RECORD} names (its SHA-256 differs): attach that one."


def _require_none(faults: list[str]) -> None:
    if faults:
        raise UserError("\n".join(faults))


@contextmanager
def _told_of(archive: Path, folder: Path) -> Iterator[None]:
    """Errors name the archive, not the folder that it was unpacked to."""
    try:
        yield
    except UserError as error:
        lines = str(error).replace(f"{folder}/", "").splitlines()
        told = [line if line.startswith(str(archive)) else f"{archive}: {line}" for line in lines]
        raise UserError("\n".join(told)) from None
