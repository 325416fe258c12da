"""What tests of figures share: detectors with random scores, and settings that show them."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from cobra.artifacts.files import write_table
from cobra.reporting.figures.settings import FigureSettings

NAMED = {"eps": {"sweep": "wide"}}  # what a kind shows, if not an attack
TRUTH = np.arange(30) >= 12
DIRECTION = np.where(TRUTH, -1, 1)
DETECTORS = (("cobra", "similarity"), ("cobra", "margin"), ("pixels", "own"))
SUBJECTS = [
    {"dataset": "digits", "normal": normal, "method": method, "score": score, "seed": seed}
    for normal in ("0", "3")
    for method, score in DETECTORS
    for seed in (0, 1)
]


def settings(kind, inapplicable=()):
    """Of a figure of that kind; `inapplicable` does not apply to the margin score."""
    named = NAMED.get(kind, {"attack": "pgd"})
    cobra = {"similarity": [], "margin": list(inapplicable)}
    methods = {
        "cobra": {"label": "COBRA", "reported": [], "scores": list(cobra), "inapplicable": cobra},
        "pixels": {"label": "Pixels", "reported": [], "scores": ["own"], "inapplicable": {"own": []}},
    }
    layout = {"title": "A title", "datasets": ["digits"], "methods": list(methods), "kind": kind, **named}
    whole = {"layout": layout, "classes": {"digits": ["0", "3"]}, "methods": methods, "seeds": [0, 1]}
    return FigureSettings.model_validate(whole)


def drawn(*name, harder=0.0):
    """Random scores of the 30 images, some of them equal."""
    random = np.random.default_rng(list(str(name).encode()))
    return np.round(random.standard_normal(30) + TRUTH + harder * DIRECTION, 1).astype(np.float32)


def of(curves, names):
    """The rows of a figure's numbers that are about `names`."""
    return curves[np.logical_and.reduce([curves[key] == value for key, value in names.items()])]


def attacked(names):
    """Random scores under an attack."""
    return drawn(names, "attacked", harder=0.8)


def write_scores(root, identity, without=None, constant=None):
    """Score files under pgd of all subjects but those with the score `without`; the path pattern."""
    pattern = str(root / "{dataset}/{normal}/{method}/{seed}/{score}/{attack}.parquet")
    for names in (names for names in SUBJECTS if names["score"] != without):
        clean, under = drawn(names), attacked(names)
        if constant is not None:
            clean, under = np.full_like(clean, constant), np.full_like(under, constant)
        about = names | {"attack": "pgd"}
        own = identity.model_copy(update={"kind": "scores", "subject": about})
        table = pa.table({"is_anomaly": TRUTH, "clean": clean, "attacked": under})
        write_table(Path(pattern.format(**about)), table, own)
    return pattern
