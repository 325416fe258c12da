"""A bundle made of finished results."""

from dataclasses import dataclass, field
from pathlib import Path

from cobra.bundle.archive import write_archive
from cobra.bundle.artifacts import recorded_identity
from cobra.bundle.manifest import MANIFEST, LeftOut, Made, Manifest, Packed, describe, read_manifest
from cobra.bundle.verification import verify
from cobra.errors import UserError
from cobra.identities import identity_of
from cobra.origin import git_state
from cobra.progress import progress
from cobra.provenance import Identity, library_versions, run_record_path
from cobra.settings.errors import validate

SNAPSHOTS = "snapshots.pt"  # they have no run record: the detector's, beside them, tells of the same job


@dataclass
class Contents:
    """What belongs into a bundle: paths from the root, each with what it is; which tell of times; what is
    only written down; and how tables and figures are made.
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
            facts = describe(root, path, kind).model_dump() | {"lasting": path not in contents.timed}
            described.append(validate(Packed, facts, "the bundle"))
            bar.update()
    return described


def _left_out(root: Path, path: str, kind: str) -> LeftOut:
    """As it is, or, where results were unpacked and extended without it, as the bundle unpacked says."""
    if (root / path).is_file():
        file = describe(root, path, kind)
        return LeftOut(**file.model_dump(), identity=_identity_beside(root / path))
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
