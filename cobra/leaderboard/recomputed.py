"""What a record states, computed again from its score files: are these what attacks leave, and do the AUROCs
and the verdicts follow?
"""

from collections.abc import Iterator, Mapping

import numpy as np

from cobra.gates.evidence import Scores
from cobra.gates.judgement import Verdict
from cobra.gates.soundness import ALONE
from cobra.gates.verdict import GATES, verdict_of
from cobra.leaderboard.record import Draws, Figure, Key, Record, inner_path
from cobra.leaderboard.scores import ScoreFile, evidence_of, worst
from cobra.metrics import auroc, estimate_auroc

PROBED = (4, 6, 7)  # gates that ask the detector itself, which is not attached
DIGITS = 3  # of a stated AUROC
ROUNDING = 1.001e-3  # by which another processor may round one otherwise
Files = Mapping[Key, ScoreFile]


def attacks_of(files: Files) -> dict[str, ScoreFile]:
    """The files behind the robust figure, by attack."""
    return {name: file for (role, name), file in files.items() if role == "attack"}


def figure(scores: Scores, file: ScoreFile, draws: Draws) -> Figure:
    """An AUROC and its interval, drawn as in tables."""
    name = f"{file.identity.subject['dataset']}/{file.identity.subject['normal']}"
    found = estimate_auroc(scores, file.is_anomaly, draws.resamples, name)
    low, high = found.interval(draws.confidence)
    return Figure(auroc=round(found.value, DIGITS), low=round(low, DIGITS), high=round(high, DIGITS))


def figures(files: Files, draws: Draws) -> tuple[Figure, Figure]:
    """Clean and robust."""
    attacks = attacks_of(files)
    first = next(iter(attacks.values()))
    return figure(first.columns["clean"], first, draws), figure(worst(attacks), first, draws)


def aurocs(files: Files) -> dict[str, float]:
    """What each attack alone leaves."""
    return {
        name: round(auroc(file.columns["attacked"], file.is_anomaly), DIGITS)
        for name, file in attacks_of(files).items()
    }


def score_faults(files: Files) -> Iterator[str]:
    """A sentence for each file whose scores no attack leaves: not finite, better for the defender than the
    clean ones, better after more steps, or of another detector by its clean scores.
    """
    own = {key: file for key, file in files.items() if key[0] != "undefended"}
    first_key, first = next(iter(own.items()))
    for key, file in files.items():
        if not all(np.isfinite(values).all() for values in file.columns.values()):
            yield f"{inner_path(key)} holds scores that are not finite: make it again."
            return
    slack = ALONE * float(np.abs(first.columns["clean"]).max())
    for key, file in own.items():
        if float(np.abs(file.columns["clean"] - first.columns["clean"]).max()) > slack:
            yield (
                f"{inner_path(key)} has other clean scores than {inner_path(first_key)}: a detector whose "
                "scores change, or a file of another one; attach files of one detector."
            )
        yield from _attack_faults(inner_path(key), file, slack)


def _attack_faults(path: str, file: ScoreFile, slack: float) -> Iterator[str]:
    """What an attack that keeps the worst score per image cannot leave; `slack` is rounding."""
    clean = file.direction * file.columns["clean"]
    left = {name: file.direction * values for name, values in file.columns.items() if name != "clean"}
    helped = [name for name, values in left.items() if (values < clean - slack).any()]
    if helped:
        yield (
            f"{path} has scores in {helped[0]} that are better for the defender than the clean ones, which "
            "no attack leaves: make it again."
        )
        return
    if "attacked" not in left:
        return  # a sweep, over which gate 2 decides
    trace = {name: values for name, values in left.items() if name != "attacked"}
    if not np.array_equal(left["attacked"], np.max([clean, *trace.values()], axis=0)):
        yield f"{path} has attacked scores that are not the worst of its trace: make it again."
    yield from _trace_faults(path, trace)


def _trace_faults(path: str, trace: Mapping[str, Scores]) -> Iterator[str]:
    """Whether within each restart more steps never help the defender, image by image."""
    restarts: dict[str, list[tuple[int, Scores]]] = {}
    for name, values in trace.items():
        restart, _, steps = name.partition("_s")
        restarts.setdefault(restart, []).append((int(steps), values))
    for restart, found in restarts.items():
        rising = np.stack([values for _, values in sorted(found, key=lambda each: each[0])])
        if (np.diff(rising, axis=0) < 0).any():
            yield f"{path} has scores in {restart} that more steps made better for the defender."


def figure_faults(record: Record, files: Files) -> Iterator[str]:
    """A sentence for each figure that does not follow from the scores."""
    clean, robust = figures(files, record.draws)
    for name, stated, found in (("clean", record.clean, clean), ("robust", record.robust, robust)):
        for part in ("auroc", "low", "high"):
            yield from _otherwise(f"{name}.{part}", getattr(stated, part), getattr(found, part))
    for name, value in aurocs(files).items():
        yield from _otherwise(f"aurocs.{name}", record.aurocs[name], value)


def _otherwise(what: str, stated: float, found: float) -> Iterator[str]:
    if abs(stated - found) > ROUNDING:
        yield (
            f"record.json states {what} {stated:.3f} where the attached scores give {found:.3f}: make the "
            "record again from its score files."
        )


def verdicts(files: Files) -> list[Verdict]:
    """The verdicts that follow from score files alone."""
    evidence = evidence_of(files)
    return [verdict_of(gate, evidence) for gate in GATES if gate not in PROBED]


def gate_faults(record: Record, files: Files) -> Iterator[str]:
    """A sentence for each verdict that does not follow from the scores."""
    stated = {verdict.gate: verdict for verdict in record.gates}
    if list(stated) != list(GATES) or len(record.gates) != len(GATES):
        yield f"record.json has not one verdict for each of the gates {', '.join(map(str, GATES))}."
        return
    for found in verdicts(files):
        if stated[found.gate].verdict != found.verdict:
            yield (
                f"record.json states {stated[found.gate].verdict!r} for gate {found.gate} ({found.name}) "
                f"where the attached scores give {found.verdict!r}: {found.said}."
            )
