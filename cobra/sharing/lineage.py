"""Lineage: whether each artifact of a bundle was made from the others as recorded."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cobra.artifacts.files import read_json, read_run_record, read_table
from cobra.artifacts.identity import Identity, run_record_path
from cobra.artifacts.provenance import is_page, read_page
from cobra.data.prepared import table_digest
from cobra.errors import UserError
from cobra.sharing.manifest import Manifest

DETECTOR = ("dataset", "normal", "method", "seed")  # what names a detector
JUDGED = (*DETECTOR, "score", "attack")  # what names a score file
SCORES = ("scores", "radii")
MADE = (*SCORES, "sweep", "history", "geometry", "gates")  # kinds whose inputs are checked
EVIDENCE = ("claim", "doubled", "sweep", "undefended")  # score files that verdicts rest on


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
            identity = _read_identity(root / file.path)
        except UserError as error:
            faults.append(str(error))
            continue
        if identity is not None:
            found.append(Artifact(file.path, file.sha256, identity))
    return found, faults


def _read_identity(path: Path) -> Identity | None:
    """The identity in a file; None for one that has none, such as a table."""
    if path.suffix == ".parquet":
        table, identity = read_table(path)
        if identity.kind == "prepared" and identity.inputs != {"manifest": table_digest(table)}:
            raise UserError(f"{path} has another content than its identity says: prepare the data again.")
        return identity
    if is_page(path):
        read_page(path)
        return None
    is_artifact = path.suffix == ".json" and not path.name.endswith(".run.json")
    return read_json(path)[1] if is_artifact else None


def record_faults(root: Path, manifest: Manifest, artifacts: list[Artifact]) -> Iterator[str]:
    """A sentence for each run record that tells of something else than the artifact beside it."""
    packed = {file.path for file in manifest.files}
    for artifact in artifacts:
        record = run_record_path(Path(artifact.path)).as_posix()
        if record not in packed:
            continue
        try:
            told = read_run_record(root / artifact.path).get("identity")
        except UserError:  # damaged
            told = None
        if told != artifact.identity:
            yield f"{record} tells of another artifact than {artifact.path}: make both again."


def lineage_faults(artifacts: list[Artifact]) -> Iterator[str]:
    """A sentence for each artifact that was made from something else than what is recorded."""
    yield from _doubles(artifacts)
    known = _known(artifacts)
    detectors = {each.about(*DETECTOR): each for each in artifacts if each.identity.kind == "detector"}
    for artifact in artifacts:
        if artifact.identity.kind not in MADE:
            continue
        yield from _input_faults(artifact, known)
        detector = detectors.get(artifact.about(*DETECTOR))
        if detector and artifact.identity.settings.get("detector") != detector.identity.settings:
            yield f"{artifact.path} tells of other settings than those of {detector.path}: make it again."


def _doubles(artifacts: list[Artifact]) -> Iterator[str]:
    seen: dict[tuple[str, ...], str] = {}
    for artifact in artifacts:
        name = (artifact.identity.kind, *artifact.about(*JUDGED))
        other = seen.setdefault(name, artifact.path)
        if other != artifact.path:
            yield f"{artifact.path} and {other} are both said to be {'/'.join(name)}: one is misplaced."


Known = Mapping[tuple[str, ...], set[str]]  # digests, by what they are of and the names of its subject


def _known(artifacts: list[Artifact]) -> Known:
    """What artifacts may have been made from."""
    known: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for artifact in artifacts:
        kind, sha256 = artifact.identity.kind, artifact.sha256
        if kind == "prepared":
            known["data", *artifact.about("dataset")].add(artifact.identity.inputs["manifest"])
        if kind in ("detector", "snapshots"):
            known[kind, *artifact.about(*DETECTOR)].add(sha256)
        if kind in SCORES:
            known["part", *artifact.about(*JUDGED)].add(sha256)
        if kind in (*SCORES, "sweep"):
            known["evidence", *artifact.about("dataset", "normal")].add(sha256)
    return known


def _input_faults(artifact: Artifact, known: Known) -> Iterator[str]:
    for name, given in artifact.identity.inputs.items():
        wanted = known.get(_input_name(artifact, name))
        if not wanted:
            yield f"{artifact.path} was made from a {name} that is not recorded: make it again."
        elif given not in wanted:
            recorded = ", ".join(f"{digest[:12]}..." for digest in sorted(wanted))
            yield (
                f"{artifact.path} was made from another {name} ({given[:12]}...) than the recorded one "
                f"({recorded}): make it again."
            )


def _input_name(artifact: Artifact, name: str) -> tuple[str, ...]:
    """What an input of an artifact is, as in `_known`."""
    inputs, group = artifact.identity.inputs, artifact.about("dataset", "normal")
    if not {"detector", "snapshots"} & inputs.keys():  # a combination, of score files
        return "part", *artifact.about(*JUDGED[:-1]), name
    if name == "data":
        return name, *artifact.about("dataset")
    if name == "source":  # the detector of a transfer attack
        source = (artifact.identity.settings.get("evaluation") or {}).get("source") or {}
        return "detector", *group, str(source.get("method")), str(source.get("seed"))
    return ("evidence", *group) if name in EVIDENCE else (name, *artifact.about(*DETECTOR))
