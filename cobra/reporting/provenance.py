"""The provenance of a table: a row per score file with its detector, settings, code, device and time."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from cobra.artifacts.digests import file_digest
from cobra.artifacts.files import read_json, read_run_record
from cobra.artifacts.identity import Identity
from cobra.artifacts.provenance import first_run
from cobra.errors import UserError
from cobra.reporting.tables.cells import NOT_APPLICABLE, read_result
from cobra.reporting.tables.labels import line_name, subjects
from cobra.reporting.tables.notes import identity_words
from cobra.reporting.tables.settings import TableSettings
from cobra.reporting.tables.table_csv import read_named, require_named
from cobra.settings.section import canonical_json

Subject = dict[str, str | int]
Settings = Mapping[str, Any]
OF_DETECTOR = ("dataset", "normal", "method", "seed")
OF_CELL = ("dataset", "normal", "method", "score", "attack")  # in the order of a table's columns CELL


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
    versions: Mapping[str, str] = field(default_factory=dict)
    device: str = ""
    seconds: float | None = None

    def columns(self, step: str) -> dict[str, object]:
        """The same as columns of a csv, named after the step that was made."""
        versions = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        return {f"{step}_{name}": value for name, value in (vars(self) | {"versions": versions}).items()}


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


def collect_rows(settings: TableSettings, table: Path, places: Places) -> list[Row]:
    """A row per class, line, seed and attack of the table with this csv, and one for each part of a
    combination that is not shown itself; raises UserError if what the csv names is not what is there.
    """
    measure = settings.layout.measure
    shown: list[tuple[Subject, tuple[str, ...], Path]] = []
    behind: dict[tuple[str, ...], list[Path]] = {}
    for names in subjects(settings, settings.layout.methods):
        for attack in settings.layout.all_attacks:
            subject = {**names, "attack": attack}
            cell, path = tuple(str(subject[name]) for name in OF_CELL), Path(places.scores.format(**subject))
            shown.append((subject, cell, path))
            behind.setdefault(cell, []).append(path)
    named = read_named(table, measure)
    require_named(table, named, behind)
    rows = []
    for subject, cell, path in shown:
        lack = named[cell].lack
        if lack == NOT_APPLICABLE or not path.is_file():
            rows.append(Row(subject, path, lack=lack))
        else:
            rows.append(read_row(path, subject, measure, places))
    return with_parts(rows)


def with_parts(shown: list[Row]) -> list[Row]:
    """After each combination its parts, but for those shown themselves, each once."""
    own = {row.score_file for row in shown}
    rows: dict[Path, Row] = {}
    for row in shown:
        rows[row.score_file] = row
        for part in (part for part in row.parts if part.score_file not in own):
            known = rows.get(part.score_file, part)
            combinations = (*known.part_of, str(row.subject["attack"]))
            rows[part.score_file] = replace(known, part_of=combinations)
    return list(rows.values())


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
    made = _made(identity, read_run_record(path).get("wall_seconds"), places.codes)
    return replace(
        row, made=made, detector_file=detector, detector_digest=identity.inputs["detector"], trained=trained
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
    seconds = [part.made.seconds for part in parts if part.made.seconds is not None]
    made = _made(identity, sum(seconds) if len(seconds) == len(parts) else None, places.codes)
    made = replace(made, device=", ".join(dict.fromkeys(part.made.device for part in parts)))
    of_detector = {name: getattr(parts[0], name) for name in ("detector_file", "detector_digest", "trained")}
    return replace(row, made=made, parts=tuple(parts), **of_detector)


def _training(identity: Identity, places: Places) -> tuple[Path, Made]:
    """The detector behind a score file, and how it was made as its record or, of one that is not ours, its
    descriptor says; the detector itself, which a bundle lacks, is not read.
    """
    subject = {name: identity.subject[name] for name in OF_DETECTOR}
    own = "own" in identity.settings["detector"]
    path = Path((places.descriptors if own else places.detectors).format(**subject))
    record = {} if own else read_run_record(path)
    maker = read_json(path)[1] if own and path.is_file() else record.get("identity")
    if maker is None:
        return path, Made()
    maker.require(path, "detector", subject, {"data": identity.inputs["data"]})
    return path, _made(maker, record.get("wall_seconds"), places.codes)


def _made(identity: Identity, seconds: float | None, codes: Path) -> Made:
    return Made(identity.code, first_run(identity.code, codes), identity.versions, identity.device, seconds)


def label_of(settings: TableSettings, row: Row) -> str:
    """What the table calls the method and score of a row."""
    return line_name(settings.methods, str(row.subject["method"]), str(row.subject["score"]))


def provenance_frame(settings: TableSettings, rows: list[Row]) -> pd.DataFrame:
    """A row per score file: what it is about, its figures in percent (rounded to 3 places), files, digests,
    settings as one JSON object, and code, commit, versions, device and seconds of attack and of training.
    """
    measure = settings.layout.measure
    return pd.DataFrame(
        {
            "dataset": row.subject["dataset"],
            "class": row.subject["normal"],
            "method": row.subject["method"],
            "label": label_of(settings, row),
            **{name: row.subject[name] for name in ("score", "attack", "seed")},
            "part_of": " ".join(row.part_of),
            "lack": row.lack,
            f"clean_{measure}": None if row.clean is None else round(row.clean, 3),
            f"robust_{measure}": None if row.robust is None else round(row.robust, 3),
            "score_file": row.score_file,
            "detector_file": row.detector_file,
            "detector_digest": row.detector_digest,
            "attack_in_words": row.attack,
            "settings": "" if row.settings is None else canonical_json(dict(row.settings)),
            **row.made.columns("attack"),
            **row.trained.columns("training"),
        }
        for row in rows
    )
