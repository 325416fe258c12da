"""The worst case per image over several attacks: what an adversary who may choose among them achieves."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cobra.artifacts.identity import Identity
from cobra.errors import UserError

SHARED = ("image_id", "is_anomaly", "class_name")


def worst_scores(is_anomaly: NDArray[np.bool_], scores: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Per image the worst for the defender of several scores [N]: the highest, or an anomaly's lowest."""
    return np.where(is_anomaly, np.min(scores, axis=0), np.max(scores, axis=0))


def combined(tables: Mapping[str, pa.Table]) -> pa.Table:
    """Of score tables by attack: the shared columns, `clean`, `attacked` (the worst), and `strongest`, the
    attack that found it (the first of equals). Raises UserError if they are not about the same images.
    """
    first_name, first = next(iter(tables.items()))
    for name, table in tables.items():
        if any(not table[column].equals(first[column]) for column in SHARED):
            raise UserError(
                f"The scores under {name} are not of the images of those under {first_name}: make both anew."
            )
    is_anomaly = first["is_anomaly"].to_numpy()
    scores = [table["attacked"].to_numpy() for table in tables.values()]
    strongest = np.where(is_anomaly, np.argmin(scores, axis=0), np.argmax(scores, axis=0))
    return pa.table(
        {
            **{column: first[column] for column in SHARED},
            "clean": first["clean"],
            "attacked": worst_scores(is_anomaly, scores).astype(np.float32),
            "strongest": np.array(list(tables))[strongest],
        }
    )


def common_settings(identities: Mapping[str, Identity]) -> dict[str, Any]:
    """What a combination carries on of its parts: their evaluations, and the detector's and data's settings.

    Raises UserError if they are not of one detector on one data set.
    """
    first_name, first = next(iter(identities.items()))
    for name, identity in identities.items():
        if any(identity.inputs.get(name) != first.inputs.get(name) for name in ("data", "detector")):
            raise UserError(
                f"The scores under {name} and {first_name} are of different detectors or data: "
                "make both anew."
            )
    return {
        "parts": {name: identity.settings["evaluation"] for name, identity in identities.items()},
        "detector": first.settings["detector"],
        "data": first.settings["data"],
    }
