"""A record made from the score files behind it, and the archive of both, which has a bundle's form."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cobra.artifacts.identity import Identity, make_identity
from cobra.errors import UserError
from cobra.gates.verdict import Verdict
from cobra.sharing.archive import unpacked, write_archive
from cobra.sharing.leaderboard.record import DETECTOR, KIND, Draws, Key, Record, Suite
from cobra.sharing.leaderboard.score_files import ScoreFile, figures, lineage_faults, read_scores
from cobra.sharing.leaderboard.settings import About
from cobra.sharing.manifest import Manifest, Packed

RECORD = "record.json"


def make_record(
    paths: Mapping[Key, Path],
    script: str,
    *,
    label: str,
    about: About,
    suite: Sequence[str],
    claim: str,
    gates: list[Verdict],
    draws: Draws,
) -> Record:
    """The record of the score files `paths`, the attacks first, every number in it computed; raises UserError
    if they are not of one detector, or not what their keys say.

    What they do not say: the detector's label, which attacks are the suite, what the judged worst case is
    called (`claim`), the verdicts, and how intervals are drawn.
    """
    files = [read_scores(key, path) for key, path in paths.items()]
    attacks = {file.attached.name: file.scores.settings for file in files if file.role == "attack"}
    budget = next(iter(attacks.values()))
    record = Record(
        identity=_identity(files, claim, script),
        label=label,
        about=about,
        images=files[0].images,
        norm=budget.norm,
        eps=budget.eps or 0.0,
        suite=Suite.of({name: attacks[name] for name in suite}),
        further={name: attack for name, attack in attacks.items() if name not in suite},
        draws=draws,
        gates=gates,
        files=[file.attached for file in files],
        **figures(files, draws),
    )
    for fault in lineage_faults(record, files):
        raise UserError(fault)
    return record


def _identity(files: Sequence[ScoreFile], claim: str, script: str) -> Identity:
    """Of the record: versions and hardware are those of the attacks."""
    first, evaluation = files[0].identity, files[0].identity.settings["evaluation"]
    devices = [file.identity.device for file in files if file.role != "undefended"]
    identity = make_identity(
        KIND,
        {name: first.subject[name] for name in DETECTOR} | {"attack": claim},
        {name: evaluation[name] for name in ("subset", "score")},
        script,
        inputs={name: first.inputs[name] for name in ("data", "detector")},
        device=", ".join(dict.fromkeys(devices)),
    )
    return identity.model_copy(update={"versions": first.versions})


def write_package(output: Path, record: Record, paths: Mapping[Key, Path]) -> None:
    """The archive; equal files give equal bytes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / RECORD).write_bytes(record.text())
        for file in record.files:
            (folder / file.path).parent.mkdir(exist_ok=True)
            shutil.copyfile(paths[file.role, file.name], folder / file.path)
        kinds = {RECORD: "record", **{file.path: file.role for file in record.files}}
        files = [Packed.of(folder, path, kind, mtime=0) for path, kind in kinds.items()]
        write_archive(output, folder, Manifest(versions=record.identity.versions, files=files))


def open_package(archive: Path) -> tuple[Record, list[ScoreFile]]:
    """A record and its score files; raises UserError, a sentence per fault, if the archive is damaged or not
    what it lists.
    """
    with unpacked(archive) as (folder, manifest):
        listed = {file.path: file.sha256 for file in manifest.files}
        if listed.pop(RECORD, None) is None:
            raise UserError(f"it holds no {RECORD}: name an archive that `cobra attack --record` made.")
        record = Record.parse((folder / RECORD).read_bytes(), RECORD)
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
