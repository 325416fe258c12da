"""Whether a record is what its score files say: of the detector, the data and the attacks that it names,
scores that attacks leave, and AUROCs and verdicts that follow from them.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from cobra.attacks.restart import recorded_steps
from cobra.attacks.settings import AttackSettings
from cobra.gates.all_gates import GATES, verdict_of
from cobra.gates.evidence import Scores
from cobra.gates.score_soundness import ALONE
from cobra.gates.verdict import Verdict
from cobra.metrics import auroc, estimate_auroc
from cobra.sharing.leaderboard.record import DETECTOR, Draws, Figure, Key, Record, inner_path
from cobra.sharing.leaderboard.score_files import ScoreFile, evidence_of, worst


def lineage_faults(record: Record, files: Mapping[Key, ScoreFile]) -> Iterator[str]:
    """A sentence for each score file that is of something else than the record."""
    for key, file in files.items():
        path = inner_path(key)
        yield from _origin_faults(record, key, file)
        if file.images != record.images:
            yield (
                f"{path} is not about the {record.images.normal} normal and {record.images.anomalies} "
                "anomalous test images that the record names: attach its own score files."
            )
        odd = _columns(key, file) - file.columns.keys()
        odd |= set() if key[0] == "undefended" else file.columns.keys() - _columns(key, file)
        if odd:
            yield (
                f"{path} has not the columns that its attack writes ({', '.join(sorted(odd)[:3])}): attach "
                "the file as it was made."
            )


def _origin_faults(record: Record, key: Key, file: ScoreFile) -> Iterator[str]:
    """What the file says of itself against what the record says."""
    role, name = key
    wanted, have = dict(_subject(record, key)), file.identity.subject | {"kind": file.identity.kind}
    if role != "undefended":  # which is of another detector, and may be a combination, made from score files
        wanted |= {of: record.identity.inputs[of] for of in ("data", "detector")}
        have |= {of: file.identity.inputs.get(of, "none") for of in ("data", "detector")}
    for what, value in wanted.items():
        if have.get(what) != value:
            yield (
                f"{inner_path(key)} is of the {what} {have.get(what)!r}, the record of {value!r}: attach the "
                "score files of the detector that it names."
            )
    if role == "attack" and file.attack != record.attacks[name]:
        yield (
            f"{inner_path(key)} was made with other settings of {name} than the record says: make the record "
            "again from its score files."
        )


def _subject(record: Record, key: Key) -> Iterator[tuple[str, str | int]]:
    role, name = key
    subject = record.identity.subject
    yield "kind", "sweep" if role == "sweep" else "scores"
    if role == "undefended":
        yield from ((part, subject[part]) for part in ("dataset", "normal"))
        yield "method", name
        return
    yield from ((part, subject[part]) for part in DETECTOR)
    yield "attack", name


def _columns(key: Key, file: ScoreFile) -> set[str]:
    """The columns that a file must have."""
    role, _ = key
    if role == "sweep":
        return {"clean", *(f"eps_{eps:g}" for eps in file.budgets)}
    plain = {"clean", "attacked"}
    return plain if role == "undefended" or file.attack is None else plain | traced(file.attack)


def traced(attack: AttackSettings) -> set[str]:
    """The names of an attack's trace."""
    steps = recorded_steps(attack.steps)
    return {f"r{restart + 1}_s{step}" for restart in range(attack.restarts) for step in steps}


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
