"""A record from the score files behind it: every number in it is computed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cobra.artifacts.identity import Identity, make_identity
from cobra.errors import UserError
from cobra.gates.verdict import Verdict
from cobra.sharing.leaderboard.check import lineage_faults
from cobra.sharing.leaderboard.record import DETECTOR, KIND, Draws, Key, Record, Suite
from cobra.sharing.leaderboard.score_files import ScoreFile, figures, read_scores
from cobra.sharing.leaderboard.settings import About


@dataclass(frozen=True)
class Told:
    """What the score files do not say: the detector's label, which attacks are the suite, the name of the
    judged worst case, the verdicts, and how intervals are drawn.
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
    files = [read_scores(key, path) for key, path in paths.items()]
    attacks = {file.attached.name: file.scores.settings for file in files if file.role == "attack"}
    budget = next(iter(attacks.values()))
    record = Record(
        identity=_identity(files, told.claim, script),
        label=told.label,
        about=told.about,
        images=files[0].images,
        norm=budget.norm,
        eps=budget.eps or 0.0,
        suite=Suite.of({name: attacks[name] for name in told.suite}),
        further={name: attack for name, attack in attacks.items() if name not in told.suite},
        draws=told.draws,
        gates=told.gates,
        files=[file.attached for file in files],
        **figures(files, told.draws),
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
