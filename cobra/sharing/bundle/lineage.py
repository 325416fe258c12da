"""The artifacts of a bundle: what each says it is, and whether each was made from the others as recorded,
scores of the detector, on the data, verdicts on these scores.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cobra.artifacts.code_versions import is_page, read_page
from cobra.artifacts.files import read_json, read_table
from cobra.artifacts.identity import Identity, run_record_path
from cobra.data.prepared import table_digest
from cobra.errors import UserError
from cobra.sharing.manifest import Manifest

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


MADE = (*SCORES, "sweep", "history", "geometry", "gates")
EVIDENCE = ("claim", "doubled", "sweep", "undefended")  # score files that verdicts rest on


def lineage_faults(artifacts: list[Artifact]) -> Iterator[str]:
    """A sentence for each artifact that was made from something else than what is recorded."""
    yield from _doubles(artifacts)
    known = Known(artifacts)
    for artifact in artifacts:
        if artifact.identity.kind in MADE:
            yield from _input_faults(artifact, known.wanted(artifact))
            yield from known.settings_faults(artifact)


def _doubles(artifacts: list[Artifact]) -> Iterator[str]:
    seen: dict[tuple[str, ...], str] = {}
    for artifact in artifacts:
        name = (artifact.identity.kind, *artifact.about(*JUDGED))
        other = seen.setdefault(name, artifact.path)
        if other != artifact.path:
            yield f"{artifact.path} and {other} are both said to be {'/'.join(name)}: one is misplaced."


def _input_faults(artifact: Artifact, wanted: Mapping[str, set[str]]) -> Iterator[str]:
    for name, given in artifact.identity.inputs.items():
        if not wanted.get(name):
            yield f"{artifact.path} was made from a {name} that is not recorded: make it again."
        elif given not in wanted[name]:
            yield (
                f"{artifact.path} was made from another {name} ({given[:12]}...) than the recorded one "
                f"({', '.join(f'{digest[:12]}...' for digest in sorted(wanted[name]))}): make it again."
            )


class Known:
    """What the artifacts may have been made from: digests, by what they are of."""

    def __init__(self, artifacts: list[Artifact]) -> None:
        kinds = {kind: [each for each in artifacts if each.identity.kind == kind]
                 for kind in ("prepared", "detector", "snapshots", *MADE)}  # fmt: skip
        self._data = {each.about("dataset"): each.identity.inputs["manifest"] for each in kinds["prepared"]}
        self._detectors = {each.about(*DETECTOR): each for each in kinds["detector"]}
        self._snapshots = {each.about(*DETECTOR): each.sha256 for each in kinds["snapshots"]}
        self._scores = {each.about(*JUDGED): each.sha256 for kind in SCORES for each in kinds[kind]}
        self._evidence: dict[tuple[str, ...], set[str]] = {}
        for kind in (*SCORES, "sweep"):
            for each in kinds[kind]:
                self._evidence.setdefault(each.about("dataset", "normal"), set()).add(each.sha256)

    def wanted(self, artifact: Artifact) -> dict[str, set[str]]:
        """By name of an input the digests that it may have; none where nothing of the kind is recorded."""
        if not {"detector", "snapshots"} & artifact.identity.inputs.keys():  # a combination, of score files
            return {part: self._part(artifact, part) for part in artifact.identity.inputs}
        detector = self._detectors.get(artifact.about(*DETECTOR))
        data = self._data.get(artifact.about("dataset"))
        snapshots = self._snapshots.get(artifact.about(*DETECTOR))
        evidence = self._evidence.get(artifact.about("dataset", "normal"), set())
        return {
            "data": {data} if data else set(),
            "detector": {detector.sha256} if detector else set(),
            "snapshots": {snapshots} if snapshots else set(),
            "source": self._source(artifact),
            **dict.fromkeys(EVIDENCE, evidence),
        }

    def _part(self, artifact: Artifact, part: str) -> set[str]:
        found = self._scores.get((*artifact.about(*JUDGED[:-1]), part))
        return {found} if found else set()

    def _source(self, artifact: Artifact) -> set[str]:
        source = (artifact.identity.settings.get("evaluation") or {}).get("source") or {}
        name = (*artifact.about("dataset", "normal"), str(source.get("method")), str(source.get("seed")))
        found = self._detectors.get(name)
        return {found.sha256} if found else set()

    def settings_faults(self, artifact: Artifact) -> Iterator[str]:
        """A sentence if it tells of other settings of its detector than the detector's own."""
        detector = self._detectors.get(artifact.about(*DETECTOR))
        if detector and artifact.identity.settings.get("detector") != detector.identity.settings:
            yield f"{artifact.path} tells of other settings than those of {detector.path}: make it again."
