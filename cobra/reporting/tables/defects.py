"""A score file's figures for each kind of its anomalies: of defects, or of the other classes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cobra.artifacts.files import read_table
from cobra.errors import UserError
from cobra.metrics import Estimate, estimate_auroc


@dataclass(frozen=True)
class OfKind:
    """The anomalies of one kind, or of all (""), against all normal images: the AUROC on unperturbed images
    and under the attack, and the numbers of images.
    """

    clean: Estimate
    robust: Estimate
    normal: int
    anomalous: int


def read_kinds(path: Path, resamples: int, name: str) -> dict[str, OfKind]:
    """By kind the figures of a score file, all anomalies ("") first, then by the alphabet; figures of one
    `name` vary together as far as they share images. Raises UserError if the file tells no kinds.
    """
    table, _ = read_table(path)
    if "class_name" not in table.column_names:
        raise UserError(f"{path} has no column class_name, which tells kinds of defects: make it again.")
    is_anomaly = np.asarray(table["is_anomaly"].to_numpy(), dtype=bool)
    kinds = np.array(table["class_name"].to_pylist())
    found = {}
    for kind in ("", *np.unique(kinds[is_anomaly]).tolist()):
        rows = ~is_anomaly | (kinds == kind) | (kind == "")
        image_ids = table["image_id"].to_numpy()[rows]
        clean, robust = (
            estimate_auroc(table[column].to_numpy()[rows], is_anomaly[rows], image_ids, resamples, name)
            for column in ("clean", "attacked")
        )
        found[kind] = OfKind(clean, robust, int((~is_anomaly).sum()), int(is_anomaly[rows].sum()))
    return found
