"""What tests of a table's cells share: its settings, and score files and verdicts of two methods."""

import numpy as np
import pandas as pd
import pyarrow as pa

from cobra.artifacts.files import write_json, write_table
from cobra.reporting.tables.settings import TableSettings

PATTERN = "{dataset}/{normal}/{method}/{seed}/{score}/{attack}.parquet"
GATES = "{dataset}/{normal}/{method}/{seed}/gates/{score}.json"
SETTINGS = TableSettings.model_validate(
    {
        "layout": {
            "title": "T",
            "rows": "methods",
            "datasets": ["digits"],
            "methods": ["cobra", "cl"],
            "attack": "pgd",
        },
        "paper_eps": {"digits": 4 / 255},
        "classes": {"digits": ["0", "3"]},
        "methods": {
            "cobra": {"label": "COBRA", "reported": "COBRA", "scores": ["similarity", "classifier"]},
            "cl": {"label": "CL", "reported": [], "scores": ["similarity"]},
        },
        "seeds": [0, 1],
        "bootstrap": {"resamples": 100},
    }
)
EMPTY = pd.DataFrame(columns=["table", "row", "method", "clean_auroc", "robust_auroc"])
TRUTH = np.arange(12) >= 5


def scores(name):
    """Clean scores of some quality and attacked ones that are worse for every image."""
    random = np.random.default_rng(list(name.encode()))
    clean = (random.standard_normal(12) + 2 * TRUTH).astype(np.float32)
    return {"clean": clean, "attacked": (clean + np.where(TRUTH, -1, 1)).astype(np.float32)}


def write_scores(folder, identity, columns=None, kind="scores", eps=None, **subject):
    """A score file of the subject; its path."""
    path = folder / PATTERN.format(**subject)
    table = pa.table(
        {"image_id": np.arange(len(TRUTH)), "is_anomaly": TRUTH, **(columns or scores(str(subject)))}
    )
    settings = {"evaluation": {"attack": {"kind": "fab", "eps": eps}}}
    changes = {"kind": kind, "subject": subject, "settings": settings}
    write_table(path, table, identity.model_copy(update=changes))
    return path


def write_verdicts(folder, identity, *failed, **subject):
    """The verdicts on a detector: the gates that it failed."""
    verdicts = [{"gate": gate, "verdict": "fail" if gate in failed else "pass"} for gate in range(1, 12)]
    verdicts[9]["verdict"] = "not applicable"
    own = identity.model_copy(update={"kind": "gates", "subject": subject})
    write_json(folder / GATES.format(**subject), {"verdicts": verdicts}, own)


def subject(normal="0", method="cobra", score="similarity", seed=0):
    return {
        "dataset": "digits",
        "normal": normal,
        "method": method,
        "score": score,
        "seed": seed,
        "attack": "pgd",
    }


ALL = [
    subject(normal, method, score, seed)
    for method, score in (("cobra", "similarity"), ("cobra", "classifier"), ("cl", "similarity"))
    for normal in ("0", "3")
    for seed in (0, 1)
]


def by_place(cells):
    return {(cell.method, cell.score, cell.normal): cell for cell in cells}
