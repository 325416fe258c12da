"""A bundle of finished results: packed, unpacked into a checkout (all files or none), and verified."""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from cobra.artifacts.digests import file_digest
from cobra.artifacts.files import read_run_record
from cobra.artifacts.identity import library_versions
from cobra.artifacts.provenance import git_state, identity_of
from cobra.errors import UserError
from cobra.machine.progress import progress
from cobra.sharing.archive import unpacked, write_archive
from cobra.sharing.lineage import lineage_faults, read_artifacts, record_faults
from cobra.sharing.manifest import MANIFEST, LeftOut, Made, Manifest, Packed, file_faults, read_manifest
from cobra.sharing.recompute import differences, make_again

# Left out, these say themselves what they are; of all else the run record does.
OWN_IDENTITY = ("snapshots.pt", "images.parquet")


@dataclass
class Contents:
    """What belongs into a bundle: files by path from the root, with their kind; which of them hold times;
    files left out, likewise; and how tables and figures are made.
    """

    files: dict[str, str] = field(default_factory=dict)
    timed: set[str] = field(default_factory=set)
    left_out: dict[str, str] = field(default_factory=dict)
    made: list[Made] = field(default_factory=list)


def pack(output: Path, root: Path, contents: Contents) -> Manifest:
    """Write the bundle `output`; raises UserError, and writes nothing, unless all holds together."""
    commit, clean = git_state(root)
    manifest = Manifest(
        commit=commit,
        clean=clean,
        versions=library_versions(),
        files=[
            Packed.of(root, path, kind, lasting=path not in contents.timed)
            for path, kind in sorted(contents.files.items())
        ],
        left_out=[_left_out(root, path, kind) for path, kind in sorted(contents.left_out.items())],
        made=sorted(contents.made, key=lambda made: made.path),
    )
    faults = verify(root, manifest).faults
    if faults:
        more = f" ({len(faults) - 1} faults more)" if len(faults) > 1 else ""
        raise UserError(faults[0] + more)
    write_archive(output, root, manifest)
    return manifest


def _left_out(root: Path, path: str, kind: str) -> LeftOut:
    """As it is, or, where results were unpacked and extended without it, as the bundle unpacked says."""
    there = root / path
    if there.is_file():
        own = identity_of(there) if there.name in OWN_IDENTITY else read_run_record(there).get("identity")
        return LeftOut.of(root, path, kind, identity=own)
    earlier = read_manifest(root).left_out if (root / MANIFEST).is_file() else []
    for file in earlier:
        if file.path == path:
            return file
    raise UserError(f"{path} is not here, so its SHA-256 cannot be written down: run the job that makes it.")


def unpack_bundle(archive: Path, folder: Path) -> Manifest:
    """Put a bundle's files, with their times, into `folder`; raises UserError, and changes nothing, for a
    damaged bundle and for a file that is there already with another content.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with unpacked(archive, folder) as (staged, manifest):
        paths = [*(file.path for file in manifest.files), MANIFEST]
        for path in paths:
            _require_free(folder, path, staged)
        for path in paths:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (staged / path).replace(folder / path)
    return manifest


def _require_free(folder: Path, path: str, staged: Path) -> None:
    there = folder / path
    if there.resolve() != folder.resolve() / path:
        raise UserError(f"{there} would be written through a link: unpack into a folder without links.")
    if there.exists() and not (there.is_file() and file_digest(there) == file_digest(staged / path)):
        raise UserError(
            f"{there} is there already with another content: unpack into a fresh checkout, of the commit "
            f"that {MANIFEST} in the bundle names."
        )


@dataclass(frozen=True)
class Findings:
    """What `cobra verify` looked at, and a sentence for each fault."""

    files: int
    artifacts: int
    cells: int
    verdicts: int
    figures: int
    faults: list[str]

    @property
    def words(self) -> str:
        """What was looked at."""
        return (
            f"{self.files} files have the digests recorded; {self.artifacts} artifacts were made from each "
            f"other as recorded; {self.cells} cells of tables, {self.verdicts} verdicts and the numbers of "
            f"{self.figures} figures follow from the files behind them."
        )


def verify(root: Path, manifest: Manifest, *, lasting: bool = False) -> Findings:
    """Check digests, lineage, and that tables and figures follow from the files behind them.

    `lasting`: digests of such files alone, where work may have gone on since the bundle was unpacked.
    """
    root = root.resolve()
    files = [file for file in manifest.files if file.lasting or not lasting]
    faults = list(file_faults(root, files))
    faults += [
        f"{file.path} is not the file that the results were made from (its SHA-256 differs): what was made "
        "from it has to be made again."
        for file in manifest.left_out
        if (root / file.path).is_file() and not file.is_in(root)
    ]
    artifacts, unreadable = read_artifacts(root, manifest)
    faults += [*unreadable, *record_faults(root, manifest, artifacts)]
    if not unreadable:  # what was made from a file that cannot be read would be told of, too
        faults += lineage_faults(artifacts)
    rows: Counter[str] = Counter()
    with progress("tables and figures", len(manifest.made)) as bar:
        for made in manifest.made:
            try:
                again = make_again(root, made)
                faults += differences(root, made, again)
                rows[made.kind] += 1 if made.kind == "figure" else len(again.numbers)
            except UserError as error:
                faults.append(str(error))
            bar.update()
    return Findings(
        files=len(files),
        artifacts=len(artifacts),
        cells=rows["table"],
        verdicts=rows["gate table"],
        figures=rows["figure"],
        faults=list(dict.fromkeys(fault.replace(f"{root}/", "") for fault in faults)),
    )


def restore_times(root: Path, manifest: Manifest) -> int:
    """Give files that were made again, and are as recorded, their recorded times: how many.

    Snakemake takes a file of a million bytes or more that is newer than what was made from it for changed.
    """
    restored = 0
    for file in manifest.everything:
        path = root / file.path
        if path.is_file() and int(path.stat().st_mtime) != file.mtime and file.is_in(root):
            os.utime(path, (file.mtime, file.mtime))
            restored += 1
    return restored
