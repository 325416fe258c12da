"""The artifacts of a bundle: what each says it is, and what a detector or prepared data are known by."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cobra.artifacts import read_json, read_table
from cobra.bundle.manifest import Manifest
from cobra.code_book import is_page, read_page
from cobra.data.store import table_digest
from cobra.errors import UserError
from cobra.provenance import Identity, run_record_path

DETECTOR = ("dataset", "normal", "method", "seed")  # what names a detector
JUDGED = (*DETECTOR, "score", "attack")  # what names a score file
SCORES = ("scores", "radii")


@dataclass(frozen=True)
class Artifact:
    """A file, or one left out, that carries its identity."""

    path: str
    sha256: str
    identity: Identity

    def about(self, *names: str) -> tuple[str, ...]:
        """The named parts of its subject."""
        return tuple(str(self.identity.subject.get(name)) for name in names)


def read_artifacts(root: Path, manifest: Manifest) -> tuple[list[Artifact], list[str]]:
    """All artifacts of a bundle, and a sentence for each that cannot be read."""
    found = [Artifact(file.path, file.sha256, file.identity) for file in manifest.left_out if file.identity]
    faults = []
    for file in manifest.files:
        try:
            identity = read_identity(root, file.path)
        except UserError as error:
            faults.append(str(error))
        else:
            if identity is not None:
                found.append(Artifact(file.path, file.sha256, identity))
    return found, faults


def read_identity(root: Path, path: str) -> Identity | None:
    """The identity in a file; None for one that has none, such as a table."""
    if path.endswith(".parquet"):
        table, identity = read_table(root / path)
        if identity.kind == "prepared" and identity.inputs != {"manifest": table_digest(table)}:
            raise UserError(f"{path} has another content than its identity says: prepare the data again.")
        return identity
    if is_page(Path(path)):
        read_page(root / path)
        return None
    is_artifact = path.endswith(".json") and not path.endswith(".run.json")
    return read_json(root / path)[1] if is_artifact else None


def record_faults(root: Path, manifest: Manifest, artifacts: list[Artifact]) -> Iterator[str]:
    """A sentence for each run record that tells of something else than the artifact beside it."""
    records = {file.path for file in manifest.files}
    for artifact in artifacts:
        record = run_record_path(Path(artifact.path)).as_posix()
        if record in records and recorded_identity(root / record) != artifact.identity:
            yield f"{record} tells of another artifact than {artifact.path}: make both again."


def recorded_identity(record: Path) -> Identity | None:
    """The identity in a run record; None if it is damaged or not there."""
    try:
        return Identity.model_validate(json.loads(record.read_text())["identity"])
    except (OSError, KeyError, TypeError, ValueError):
        return None
