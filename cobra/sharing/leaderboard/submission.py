"""A record made elsewhere: checked against the terms and its own score files, then put beside others."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cobra.artifacts.differences import leaves
from cobra.artifacts.digests import file_digest
from cobra.artifacts.files import write_bytes
from cobra.errors import UserError
from cobra.gates.all_gates import GATES, verdict_of
from cobra.gates.score_soundness import ALONE
from cobra.sharing.leaderboard.package import open_package
from cobra.sharing.leaderboard.record import Draws, Record, Suite
from cobra.sharing.leaderboard.score_files import ScoreFile, evidence_of, figures, lineage_faults
from cobra.sharing.leaderboard.settings import archive_named
from cobra.sharing.leaderboard.terms import DatasetTerms, Terms

PROBED = (4, 6, 7, 11)  # gates that ask the detector itself, which is not attached
ROUNDING = 1.001e-3  # by which another processor may round an AUROC otherwise
Files = Sequence[ScoreFile]
Values = Mapping[str, Any]


def submit(archive: Path, terms: Terms, folder: Path) -> Path:
    """Check a record and put it into `folder`; raises UserError, and changes nothing, unless it fits and no
    other record lies in its place.
    """
    record = require_fit(archive, terms)
    name = "{dataset}/{normal}/{method}/seed{seed}".format(**record.identity.subject)
    path = Path(archive_named(folder, name))
    if path.exists() and file_digest(path) != file_digest(archive):
        raise UserError(
            f"{path} holds another record of that detector: remove it to replace it, or give the detector "
            "another name."
        )
    write_bytes(path, archive.read_bytes())
    return path


def require_fit(archive: Path, terms: Terms) -> Record:
    """The record in `archive`; raises UserError, one sentence per fault, unless it may join.

    Later checks rest on what earlier ones found, so the first kind of fault ends it.
    """
    record, files = open_package(archive)
    for faults in (  # generators: each begins when those before it have found nothing
        terms_faults(record, files, terms),
        lineage_faults(record, files),
        score_faults(files),
        figure_faults(record, files),
        gate_faults(record, files),
        failure_faults(record),
    ):
        found = [f"{archive}: {fault}" for fault in faults]
        if found:
            raise UserError("\n".join(found))
    return record


def terms_faults(record: Record, files: Files, terms: Terms) -> Iterator[str]:
    """A sentence for each term that a record does not meet."""
    dataset, normal = record.named("dataset"), record.named("normal")
    wanted = terms.datasets.get(dataset)
    if wanted is None:
        yield f"The record is on {dataset!r}, the leaderboard on {', '.join(terms.datasets)}: it cannot join."
        return
    if normal not in wanted.classes:
        yield f"The record is on the class {normal!r} of {dataset}; known here: {', '.join(wanted.classes)}."
        return
    for what, given, asked in _pairs(record, files, terms.draws, wanted):
        if asked and not given:
            yield f"The record has no {what} attached, which the leaderboard asks for by its terms."
        elif asked and (difference := _difference(given, asked)):
            yield (
                f"The record's {what} is not that of the terms ({difference}): attack the detector by the "
                "terms."
            )


def _pairs(
    record: Record, files: Files, draws: Draws, wanted: DatasetTerms
) -> Iterator[tuple[str, Values, Values]]:
    """By name what the record has and what the terms ask for; empty: nothing."""
    yield "data", {"digest": record.identity.inputs["data"]}, {"digest": wanted.data}
    group = wanted.classes[record.named("normal")]
    yield "test group", record.images.model_dump(), group.model_dump()
    yield "suite", _of_suite(record.suite), _of_suite(Suite.of(wanted.attacks))
    yield "bootstrap", record.draws.model_dump(), draws.model_dump()
    by_role = {file.role: file for file in files}
    doubled, sweep = by_role.get("doubled"), by_role.get("sweep")
    yield "doubled attack", _of_attack(doubled), wanted.doubled.model_dump() if wanted.doubled else {}
    swept = {"attack": _of_attack(sweep), "eps": sweep.budgets} if sweep else {}
    yield "sweep", swept, wanted.sweep.model_dump() if wanted.sweep else {}


def _of_suite(suite: Suite) -> Values:
    return {**suite.model_dump()["attacks"], "digest": suite.digest}


def _of_attack(file: ScoreFile | None) -> Values:
    return file.attack.model_dump() if file and file.attack else {}


def _difference(given: Values, asked: Values) -> str:
    """Where the two differ first, in words; empty: nowhere."""
    have, want = dict(leaves(given)), dict(leaves(asked))
    for place in [*want, *have]:
        one, other = have.get(place, "missing"), want.get(place, "nothing")
        if one != other:
            return f"{place} is {one} where {other} is needed"
    return ""


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
    direction = np.where(file.is_anomaly, -1, 1).astype(np.float32)  # +1: an attack raises the score
    left = {name: direction * values for name, values in file.columns.items()}
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


def failure_faults(record: Record) -> Iterator[str]:
    """A sentence for each gate that the robust AUROC fails, which makes it an upper bound, and for each of
    those that probe the detector, which apply to any score with a gradient, unless it is stated to pass.
    """
    for verdict in record.gates:
        if verdict.verdict == "fail":
            yield f"The figure fails gate {verdict.gate} ({verdict.name}): {verdict.said}."
        elif verdict.gate in PROBED and verdict.verdict != "pass":
            yield f"Gate {verdict.gate} ({verdict.name}) is not stated to pass: judge the detector by it."
