"""Where each figure of a table comes from: a row per score file, back to its detector, settings and code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cobra.artifacts.digests import file_digest
from cobra.artifacts.files import read_json
from cobra.artifacts.identity import Identity
from cobra.artifacts.reading import first_run, read_run_record
from cobra.errors import UserError
from cobra.reporting.tables.cells import read_result
from cobra.reporting.tables.labels import subjects
from cobra.reporting.tables.notes import identity_words
from cobra.reporting.tables.settings import TableSettings
from cobra.reporting.tables.table_csv import NOT_APPLICABLE, Named, require_named

Subject = dict[str, str | int]
Settings = Mapping[str, Any]
OF_DETECTOR = ("dataset", "normal", "method", "seed")


@dataclass(frozen=True)
class Places:
    """Where files lie: paths with {dataset}, {normal} ... in them of score files, of detectors of ours and of
    descriptors of others; and the book of codes.
    """

    scores: str
    detectors: str
    descriptors: str
    codes: Path


@dataclass(frozen=True)
class Made:
    """How a file was made; all empty where nothing tells. `seconds` are of wall time, all starts together."""

    code: str = ""
    commit: str = ""
    versions: Mapping[str, str] | None = None
    device: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class Row:
    """A score file: its figures in percent and what it was made from; or why it is not there (`lack`).

    `parts` are the rows of the attacks that it combines, `part_of` the combinations for whose sake it stands
    here though the table does not show it.
    """

    subject: Subject
    score_file: Path
    lack: str = ""
    clean: float | None = None
    robust: float | None = None
    attack: str = ""
    settings: Settings | None = None
    made: Made = Made()
    detector_file: Path | None = None
    detector_digest: str = ""
    trained: Made = Made()
    parts: tuple["Row", ...] = ()
    part_of: tuple[str, ...] = ()


def collect_rows(settings: TableSettings, named: Named, places: Places) -> list[Row]:
    """A row per class, line, seed and attack of a table, and one for each part of a combination that is not
    shown itself; raises UserError if what the table names is not what is there.
    """
    shown = [
        _row_of(settings, named, places, {**subject, "attack": attack})
        for subject in subjects(settings, settings.layout.methods)
        for attack in settings.layout.all_attacks
    ]
    require_named(named, settings.seeds, [(row.subject, row.score_file) for row in shown])
    return with_parts(shown)


def with_parts(shown: list[Row]) -> list[Row]:
    """After each combination its parts, but for those shown themselves, each once."""
    own = {row.score_file for row in shown}
    rows: dict[Path, Row] = {}
    for row in shown:
        rows[row.score_file] = row
        for part in row.parts:
            if part.score_file not in own:
                known = rows.get(part.score_file, part)
                name = str(row.subject["attack"])
                rows[part.score_file] = replace(known, part_of=(*known.part_of, name))
    return list(rows.values())


def _row_of(settings: TableSettings, named: Named, places: Places, subject: Subject) -> Row:
    path = Path(places.scores.format(**subject))
    lack = named.lack(subject)
    if lack == NOT_APPLICABLE or not path.is_file():
        return Row(subject, path, lack=lack)
    return read_row(path, subject, settings.layout.measure, places)


def read_row(path: Path, subject: Subject, measure: str, places: Places) -> Row:
    """What one score file and the records of it and of its detector tell."""
    result = read_result(path, subject, resamples=0, measure=measure)
    (identity,) = result.identities
    row = Row(
        subject, path, clean=result.clean.value, robust=result.robust.value,
        attack=identity_words(identity), settings=identity.settings,
    )  # fmt: skip
    if "parts" in identity.settings:
        return _combined(row, identity, measure, places)
    detector, trained = _training(identity, places)
    return replace(
        row,
        made=_made(identity, read_run_record(path), places.codes),
        detector_file=detector,
        detector_digest=identity.inputs["detector"],
        trained=trained,
    )


def _combined(row: Row, identity: Identity, measure: str, places: Places) -> Row:
    """A combination computes nothing but a maximum: its time and device are those of its parts."""
    parts = []
    for name in identity.settings["parts"]:
        subject = {**row.subject, "attack": name}
        path = Path(places.scores.format(**subject))
        parts.append(read_row(path, subject, measure, places))
        if file_digest(path) != identity.inputs[name]:
            raise UserError(f"{row.score_file} was made from another {path} than is there: make it again.")
    seconds = [part.made.seconds for part in parts]
    made = replace(
        _made(identity, {}, places.codes),
        device=", ".join(dict.fromkeys(part.made.device for part in parts)),
        seconds=None if None in seconds else sum(each for each in seconds if each is not None),
    )
    first = parts[0]
    return replace(
        row,
        made=made,
        detector_file=first.detector_file,
        detector_digest=first.detector_digest,
        trained=first.trained,
        parts=tuple(parts),
    )


def _training(identity: Identity, places: Places) -> tuple[Path, Made]:
    """The detector behind a score file, and how it was made as its record or, of one that is not ours, its
    descriptor says; the detector itself, which a bundle lacks, is not read.
    """
    subject = {name: identity.subject[name] for name in OF_DETECTOR}
    own = "own" in identity.settings["detector"]
    path = Path((places.descriptors if own else places.detectors).format(**subject))
    record = _descriptor(path) if own else read_run_record(path)
    if not record:
        return path, Made()
    record["identity"].require(path, "detector", subject, {"data": identity.inputs["data"]})
    return path, _made(record["identity"], record, places.codes)


def _descriptor(path: Path) -> dict[str, Any]:
    """What stands in for a run record of a detector that is not ours; empty if it is not there."""
    return {"identity": read_json(path)[1]} if path.is_file() else {}


def _made(identity: Identity, record: Mapping[str, Any], codes: Path) -> Made:
    return Made(
        code=identity.code,
        commit=first_run(identity.code, codes),
        versions=identity.versions,
        device=identity.device,
        seconds=record.get("wall_seconds"),
    )


def distinct_settings(rows: Iterable[Row]) -> list[Settings]:
    """The settings behind the rows, each once, in the order in which they come."""
    found: list[Settings] = []
    for row in rows:
        if row.settings is not None and row.settings not in found:
            found.append(row.settings)
    return found
