"""Whether a record is what its score files say: of its detector and attacks, and with their numbers."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from cobra.artifacts.differences import leaves
from cobra.errors import UserError
from cobra.gates.all_gates import GATES, verdict_of
from cobra.gates.score_soundness import ALONE
from cobra.sharing.leaderboard.record import DETECTOR, Record
from cobra.sharing.leaderboard.score_files import ScoreFile, evidence_of, figures

PROBED = (4, 6, 7)  # gates that ask the detector itself, which is not attached
ROUNDING = 1.001e-3  # by which another processor may round an AUROC otherwise
Files = Sequence[ScoreFile]


def lineage_faults(record: Record, files: Files) -> Iterator[str]:
    """A sentence for each score file that is of something else than the record."""
    for file in files:
        yield from _origin_faults(record, file)
        if file.images != record.images:
            yield (
                f"{file.path} is not about the {record.images.normal} normal and {record.images.anomalies} "
                "anomalous test images that the record names: attach its own score files."
            )
        odd = sorted(_odd_columns(file))
        if odd:
            yield (
                f"{file.path} has not the columns that its attack writes ({', '.join(odd[:3])}): attach "
                "the file as it was made."
            )


def _origin_faults(record: Record, file: ScoreFile) -> Iterator[str]:
    """What the file says of itself against what the record says."""
    name, subject = file.attached.name, record.identity.subject
    wanted = {part: subject[part] for part in DETECTOR} | {"attack": name}
    made_from = {of: record.identity.inputs[of] for of in ("data", "detector")}
    if file.role == "undefended":  # of another detector, and maybe a combination, made from score files
        wanted, made_from = {part: subject[part] for part in ("dataset", "normal")} | {"method": name}, {}
    try:
        kind = "sweep" if file.role == "sweep" else "scores"
        file.identity.require(Path(file.path), kind, wanted, made_from)
    except UserError as error:
        yield str(error)
    if file.role == "attack" and file.attack != record.attacks[name]:
        yield (
            f"{file.path} was made with other settings of {name} than the record says: make the record "
            "again from its score files."
        )


def _odd_columns(file: ScoreFile) -> set[str]:
    """The columns that a file lacks, or should not have."""
    given = set(file.columns)
    if file.role == "undefended":  # of which the attacked scores alone are read
        return {"clean", "attacked"} - given
    if file.role == "sweep":
        return given ^ {"clean", *(f"eps_{eps:g}" for eps in file.budgets)}
    return given ^ {"clean", "attacked", *(name for trace in file.traces for name in trace)}


def score_faults(files: Files) -> Iterator[str]:
    """A sentence for each file whose scores no attack leaves: not finite, better for the defender than the
    clean ones, better after more steps, or of another detector by its clean scores.
    """
    for file in files:
        if not all(np.isfinite(values).all() for values in file.columns.values()):
            yield f"{file.path} holds scores that are not finite: make it again."
            return
    own = [file for file in files if file.role != "undefended"]
    first = own[0].columns["clean"]
    slack = ALONE * float(np.abs(first).max())
    for file in own:
        if float(np.abs(file.columns["clean"] - first).max()) > slack:
            yield (
                f"{file.path} has other clean scores than {own[0].path}: a detector whose scores change, or "
                "a file of another one; attach files of one detector."
            )
        yield from _attack_faults(file, slack)


def _attack_faults(file: ScoreFile, slack: float) -> Iterator[str]:
    """What an attack that keeps the worst score per image cannot leave; `slack` is rounding."""
    left = {name: file.direction * values for name, values in file.columns.items()}
    clean = left.pop("clean")
    helped = [name for name, values in left.items() if (values < clean - slack).any()]
    if helped:
        yield (
            f"{file.path} has scores in {helped[0]} that are better for the defender than the clean ones, "
            "which no attack leaves: make it again."
        )
        return
    if file.role == "sweep":
        return  # gate 2 decides over it
    if not np.array_equal(left.pop("attacked"), np.max([clean, *left.values()], axis=0)):
        yield f"{file.path} has attacked scores that are not the worst of its trace: make it again."
    for number, trace in enumerate(file.traces, 1):
        if (np.diff([left[name] for name in trace], axis=0) < 0).any():
            yield f"{file.path} has scores in r{number} that more steps made better for the defender."


def figure_faults(record: Record, files: Files) -> Iterator[str]:
    """A sentence for each AUROC and bound that does not follow from the scores."""
    stated = dict(leaves(record.model_dump()))
    for place, found in leaves(figures(files, record.draws)):
        if abs(stated[place] - found) > ROUNDING:
            yield (
                f"record.json states {place} {stated[place]:.3f} where the attached scores give {found:.3f}: "
                "make the record again from its score files."
            )


def gate_faults(record: Record, files: Files) -> Iterator[str]:
    """A sentence for each verdict that does not follow from the scores."""
    if [verdict.gate for verdict in record.gates] != list(GATES):
        yield f"record.json has not one verdict for each of the gates {', '.join(map(str, GATES))}."
        return
    evidence = evidence_of(files)
    for stated in record.gates:
        if stated.gate in PROBED:
            continue
        found = verdict_of(stated.gate, evidence)
        if stated.verdict != found.verdict:
            yield (
                f"record.json states {stated.verdict!r} for gate {found.gate} ({found.name}) where the "
                f"attached scores give {found.verdict!r}: {found.said}."
            )
