"""Packs finished results into a bundle, and unpacks a bundle into a checkout: all files or none."""

from dataclasses import dataclass, field
from pathlib import Path

from cobra.artifacts.digests import file_digest
from cobra.artifacts.identity import Identity, library_versions, run_record_path
from cobra.artifacts.provenance import git_state, identity_of
from cobra.errors import UserError
from cobra.machine.progress import progress
from cobra.sharing.archive import unpacked, write_archive
from cobra.sharing.bundle.lineage import recorded_identity
from cobra.sharing.bundle.verify import verify
from cobra.sharing.manifest import MANIFEST, LeftOut, Made, Manifest, Packed, describe, read_manifest

SNAPSHOTS = "snapshots.pt"  # they have no run record: the detector's, beside them, tells of the same job


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
        files=_described(root, contents),
        left_out=[_left_out(root, path, kind) for path, kind in sorted(contents.left_out.items())],
        made=sorted(contents.made, key=lambda made: made.path),
    )
    faults = verify(root, manifest).faults
    if faults:
        more = f" ({len(faults) - 1} faults more)" if len(faults) > 1 else ""
        raise UserError(faults[0] + more)
    write_archive(output, root, manifest)
    return manifest


def _described(root: Path, contents: Contents) -> list[Packed]:
    described = []
    with progress("reading", len(contents.files)) as bar:
        for path, kind in sorted(contents.files.items()):
            described.append(describe(root, path, kind, Packed, lasting=path not in contents.timed))
            bar.update()
    return described


def _left_out(root: Path, path: str, kind: str) -> LeftOut:
    """As it is, or, where results were unpacked and extended without it, as the bundle unpacked says."""
    if (root / path).is_file():
        return describe(root, path, kind, LeftOut, identity=_identity_beside(root / path))
    earlier = read_manifest(root).left_out if (root / MANIFEST).is_file() else []
    for file in earlier:
        if file.path == path:
            return file
    raise UserError(f"{path} is not here, so its SHA-256 cannot be written down: run the job that makes it.")


def _identity_beside(path: Path) -> Identity | None:
    """What a left-out file is: an array's manifest says it, a detector's run record, snapshots themselves."""
    if path.suffix == ".npy":
        return None  # the manifest beside it is in the bundle
    if path.name == SNAPSHOTS:
        return identity_of(path)
    return recorded_identity(run_record_path(path))


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
