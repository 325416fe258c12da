"""The verdicts of the gates as a table: a row per data set, method and score, a column per gate."""

from pathlib import Path

import pandas as pd

from cobra.artifacts.files import read_json
from cobra.reporting.tables.labels import line_name, subjects
from cobra.reporting.tables.settings import GateTableSettings, MethodShown

COLUMNS = ["dataset", "normal", "method", "score", "seed", "gate", "name", "verdict", "figure", "said"]
NOT_APPLICABLE = "–"
TITLE = "Gates: may the figures be called robust?"


def collect_verdicts(settings: GateTableSettings, pattern: str) -> pd.DataFrame:
    """All verdicts: dataset, normal, method, score, seed, gate, name, verdict, figure, said."""
    rows = []
    for subject in subjects(settings, settings.order):
        inapplicable = settings.methods[str(subject["method"])].inapplicable
        if settings.claim in inapplicable.get(str(subject["score"]), []):
            continue
        path = Path(pattern.format(**subject))
        content, identity = read_json(path)
        identity.require(path, "gates", {**subject, "attack": settings.claim})
        rows += [{**subject, **verdict} for verdict in content["verdicts"]]
    return pd.DataFrame(rows, columns=COLUMNS)


def gate_frame(verdicts: pd.DataFrame, methods: dict[str, MethodShown]) -> pd.DataFrame:
    """Per detector and gate the verdict over all its classes and seeds: one that fails decides."""
    rows = []
    for (dataset, method, score), group in verdicts.groupby(["dataset", "method", "score"], sort=False):
        row = {"Detector": f"{dataset}, {line_name(methods, str(method), str(score))}"}
        for (gate, name), own in group.groupby(["gate", "name"]):
            said = own["verdict"].tolist()
            failed = said.count("fail")
            if failed:
                together = "FAIL" if failed == len(said) else f"FAIL {failed} of {len(said)}"
            else:
                together = "pass" if "pass" in said else NOT_APPLICABLE
            row[f"{gate} {name}"] = together
        rows.append(row)
    return pd.DataFrame(rows)


def gate_notes(verdicts: pd.DataFrame, settings: GateTableSettings) -> list[str]:
    """What was judged, and each failure in its words."""
    failed = verdicts[verdicts["verdict"] == "fail"].to_dict("records")
    missing = verdicts[verdicts["verdict"] == "not applicable"].to_dict("records")
    failure = "{dataset}, class {normal}, {method}, {score}, seed {seed}: gate {gate}: {said}."
    return [
        f"Judged: the figure under {settings.claim}, over all classes and seeds; docs/reading-results.md "
        "says what each gate asks. A figure that fails one is not called robust.",
        *map(failure.format_map, failed),
        *sorted(set(map("Gate {gate} is not applicable where {said}.".format_map, missing))),
    ]
