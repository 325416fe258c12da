"""The provenance of a table's figures for machines."""

import pandas as pd

from cobra.reporting.provenance.trace import Made, Row
from cobra.reporting.tables.labels import line_name
from cobra.reporting.tables.settings import TableSettings
from cobra.settings.section import canonical_json


def provenance_frame(settings: TableSettings, rows: list[Row]) -> pd.DataFrame:
    """A row per score file: what it is about, its figures in percent (rounded to 3 places), files, digests,
    settings as one JSON object, and code, commit, versions, device and seconds of attack and of training.
    """
    return pd.DataFrame([_record(settings, row) for row in rows])


def _record(settings: TableSettings, row: Row) -> dict[str, object]:
    about, measure = row.subject, settings.layout.measure
    return {
        "dataset": about["dataset"],
        "class": about["normal"],
        "method": about["method"],
        "label": line_name(settings.methods, str(about["method"]), str(about["score"])),
        "score": about["score"],
        "attack": about["attack"],
        "seed": about["seed"],
        "part_of": " ".join(row.part_of),
        "lack": row.lack,
        f"clean_{measure}": None if row.clean is None else round(row.clean, 3),
        f"robust_{measure}": None if row.robust is None else round(row.robust, 3),
        "score_file": row.score_file,
        "detector_file": row.detector_file,
        "detector_digest": row.detector_digest,
        "attack_in_words": row.attack,
        "settings": "" if row.settings is None else canonical_json(dict(row.settings)),
        **_making("attack", row.made),
        **_making("training", row.trained),
    }


def _making(step: str, made: Made) -> dict[str, object]:
    versions = made.versions or {}
    told = {
        "code": made.code,
        "commit": made.commit,
        "versions": ", ".join(f"{name} {number}" for name, number in versions.items()),
        "device": made.device,
        "seconds": made.seconds,
    }
    return {f"{step}_{name}": value for name, value in told.items()}
