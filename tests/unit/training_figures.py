"""What tests of figures about settings of training share: methods by name, files of what they are made of."""

from pathlib import Path

import pyarrow as pa

from cobra.artifacts.files import write_table
from cobra.reporting.figures.settings import FigureSettings

SHOWN = {"grid": {"sweep": "wide"}, "memory": {"attack": "pgd"}, "size": {"attack": "pgd"}, "geometry": {}}
PATTERNS = {
    "grid": "{dataset}/{normal}/{method}/{seed}/{score}/{sweep}.parquet",
    "memory": "{dataset}/{normal}/{method}/{seed}/{score}/{attack}.parquet",
    "size": "{dataset}/{normal}/{method}/{seed}/{score}/{attack}.parquet",
    "geometry": "{dataset}/{normal}/{method}/{seed}/geometry.parquet",
}


def settings(kind, scores):
    """Of a figure of methods, by name their scores."""
    methods = {
        name: {
            "label": name.upper(),
            "reported": [],
            "scores": own,
            "inapplicable": {each: [] for each in own},
        }
        for name, own in scores.items()
    }
    layout = {"kind": kind, "title": "A title", "datasets": ["digits"], "methods": list(methods)}
    whole = {"layout": layout | SHOWN[kind], "classes": {"digits": ["0", "3"]}, "methods": methods}
    return FigureSettings.model_validate(whole | {"seeds": [0, 1]})


def subjects(scores):
    return [
        {"dataset": "digits", "normal": normal, "method": method, "score": score, "seed": seed}
        for normal in ("0", "3")
        for method, own in scores.items()
        for score in own
        for seed in (0, 1)
    ]


def written(root, identity, figure, names, columns, **changes):
    """Write a file that a figure is made of; the path pattern."""
    path = Path(str(root / PATTERNS[figure]).format(**{"attack": "pgd", "sweep": "wide", **names}))
    table = pa.Table.from_pylist(columns) if isinstance(columns, list) else pa.table(columns)
    write_table(path, table, identity.model_copy(update={"subject": names, **changes}))
    return str(root / PATTERNS[figure])
