"""What a history file holds: columns of each epoch kept, and the losses of all. Does not import torch."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from cobra.errors import UserError

LOSSES_KEY = b"cobra.losses"
COLUMN = re.compile(r"attacked_e(\d+)")


def columns_of(epoch: int) -> tuple[str, str]:
    """The names of an epoch's clean and attacked scores."""
    return f"clean_e{epoch}", f"attacked_e{epoch}"


def epochs_of(table: pa.Table) -> list[int]:
    """The epochs whose scores a history file holds, in order."""
    found = (COLUMN.fullmatch(name) for name in table.column_names)
    return sorted(int(match[1]) for match in found if match)


def losses_metadata(losses: list[dict[str, float]]) -> Mapping[bytes, bytes]:
    """Every epoch's record, for the metadata of a history file."""
    return {LOSSES_KEY: json.dumps(losses).encode()}


def losses_of(table: pa.Table, path: Path) -> list[dict[str, Any]]:
    """What `losses_metadata` was given; raises UserError if the table at `path` has none."""
    try:
        return json.loads(table.schema.metadata[LOSSES_KEY])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} tells of no losses: remove it and make it again.") from error
