"""Whether a record's score files are of the detector, the data and the attacks that it names."""

from collections.abc import Iterator, Mapping

from cobra.attacks.attempt import recorded_steps
from cobra.leaderboard.record import DETECTOR, Key, Record, inner_path
from cobra.leaderboard.scores import ScoreFile
from cobra.settings.attack import AttackSettings


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
