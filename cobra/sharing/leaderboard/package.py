"""A record and its score files in one archive, which has a bundle's form and is checked as one."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from cobra.artifacts.files import write_bytes
from cobra.errors import UserError
from cobra.sharing.archive import unpacked, write_archive
from cobra.sharing.leaderboard.record import Key, Record, parse_record
from cobra.sharing.leaderboard.score_files import ScoreFile, read_scores
from cobra.sharing.manifest import Manifest, Packed, describe

RECORD = "record.json"


def write_package(output: Path, record: Record, paths: Mapping[Key, Path]) -> None:
    """The archive; equal files give equal bytes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_bytes(folder / RECORD, record.text())
        for file in record.files:
            (folder / file.path).parent.mkdir(exist_ok=True)
            shutil.copyfile(paths[file.role, file.name], folder / file.path)
        kinds = {RECORD: "record", **{file.path: file.role for file in record.files}}
        files = [describe(folder, path, kind, Packed, mtime=0) for path, kind in kinds.items()]
        write_archive(output, folder, Manifest(versions=record.identity.versions, files=files))


def open_package(archive: Path) -> tuple[Record, list[ScoreFile]]:
    """A record and its score files; raises UserError, a sentence per fault, if the archive is damaged or not
    what it lists.
    """
    with unpacked(archive) as (folder, manifest):
        listed = {file.path: file.sha256 for file in manifest.files}
        if listed.pop(RECORD, None) is None:
            raise UserError(f"it holds no {RECORD}: name an archive that `cobra attack --record` made.")
        record = parse_record((folder / RECORD).read_bytes(), RECORD)
        faults = list(_attached_faults(record, listed))
        if faults:
            raise UserError("\n".join(faults))
        return record, [read_scores((file.role, file.name), folder / file.path) for file in record.files]


def _attached_faults(record: Record, listed: Mapping[str, str]) -> Iterator[str]:
    """Whether the score files are those that the record names, and no others; `listed` are digests."""
    wanted = {file.path: file.sha256 for file in record.files}
    for path in sorted(listed.keys() - wanted.keys()):
        yield f"{path} is not named by {RECORD}: leave it out."
    for path, sha256 in wanted.items():
        if path not in listed:
            yield f"{path} is missing: attach all score files that {RECORD} names."
        elif listed[path] != sha256:
            yield f"{path} is not the file that {RECORD} names (its SHA-256 differs): attach that one."
