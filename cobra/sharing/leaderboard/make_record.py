"""A record from the score files behind it: every number in it is computed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cobra.artifacts.digests import file_digest
from cobra.artifacts.identity import Identity, make_identity
from cobra.attacks.settings import AttackSettings
from cobra.errors import UserError
from cobra.gates.verdict import Verdict
from cobra.sharing.leaderboard.check import aurocs, figures, lineage_faults
from cobra.sharing.leaderboard.record import DETECTOR, KIND, Attached, Draws, Key, Record, Suite
from cobra.sharing.leaderboard.score_files import ScoreFile, read_scores
from cobra.sharing.leaderboard.settings import About


@dataclass(frozen=True)
class Told:
    """What the score files do not say: what the detector is called, which of the attacks are the suite, what
    the judged worst case of all is called, the verdicts, and how intervals are drawn.
    """

    label: str
    about: About
    suite: list[str]
    claim: str
    gates: list[Verdict]
    draws: Draws


def make_record(paths: Mapping[Key, Path], told: Told, script: str) -> Record:
    """The record of the score files `paths`, the attacks first; raises UserError if they are not of one
    detector, or not what their keys say.
    """
    files = {key: read_scores(path) for key, path in paths.items()}
    attacks = {name: _attack(file) for (role, name), file in files.items() if role == "attack"}
    first = next(iter(files.values()))
    budget = next(iter(attacks.values()))
    clean, robust = figures(files, told.draws)
    record = Record(
        identity=_identity(files, told.claim, script),
        label=told.label,
        about=told.about,
        images=first.images,
        norm=budget.norm,
        eps=budget.eps or 0.0,
        suite=Suite.of({name: attacks[name] for name in told.suite}),
        further={name: attack for name, attack in attacks.items() if name not in told.suite},
        aurocs=aurocs(files),
        draws=told.draws,
        clean=clean,
        robust=robust,
        gates=told.gates,
        files=[Attached(role=key[0], name=key[1], sha256=file_digest(path)) for key, path in paths.items()],
    )
    for fault in lineage_faults(record, files):
        raise UserError(fault)
    return record


def _attack(file: ScoreFile) -> AttackSettings:
    if file.attack is None:
        raise UserError(f"The score file of {file.identity.subject} names no attack: make it again.")
    return file.attack


def _identity(files: Mapping[Key, ScoreFile], claim: str, script: str) -> Identity:
    """Of the record: versions and hardware are those of the attacks."""
    first = next(iter(files.values())).identity
    own = [file.identity for (role, _), file in files.items() if role != "undefended"]
    evaluation = first.settings["evaluation"]
    identity = make_identity(
        KIND,
        {name: first.subject[name] for name in DETECTOR} | {"attack": claim},
        {name: evaluation[name] for name in ("subset", "score")},
        script,
        inputs={name: first.inputs[name] for name in ("data", "detector")},
        device=", ".join(dict.fromkeys(each.device for each in own)),
    )
    return identity.model_copy(update={"versions": first.versions})
