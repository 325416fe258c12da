"""A bundle's files into a checkout: all of them, or none."""

import tempfile
from pathlib import Path

from cobra.bundle.archive import extract
from cobra.bundle.manifest import MANIFEST, Manifest
from cobra.bundle.verification import file_faults
from cobra.digests import file_digest
from cobra.errors import UserError


def unpack_bundle(archive: Path, folder: Path) -> Manifest:
    """Put a bundle's files, with their times, into `folder`; raises UserError, and changes nothing, for a
    damaged bundle and for a file that is there already with another content.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".bundle-", dir=folder) as name:
        staged = Path(name)
        manifest = extract(archive, staged)
        for fault in file_faults(staged, manifest.files):
            raise UserError(f"{archive}: {fault}")
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
