"""The identity inside an artifact of any kind."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cobra.artifacts import read_json, read_table
from cobra.differences import settings_differences
from cobra.errors import UserError
from cobra.provenance import Identity


def identity_of(path: Path) -> Identity:
    """The identity inside a detector (.pt), score file (.parquet), descriptor or verdicts (.json); raises
    UserError for any other file.
    """
    if not path.is_file():
        raise UserError(f"{path} is no file: give the path of an artifact, such as detector.pt.")
    if path.suffix == ".pt":
        from cobra.detector import read_identity  # torch, only where it is needed

        return read_identity(path)
    readers = {".parquet": read_table, ".json": read_json}
    if path.suffix not in readers:
        raise UserError(f"{path} carries no identity: give a .pt, .parquet or .json of the results.")
    return readers[path.suffix](path)[1]


def misfits(
    identity: Identity,
    given: Mapping[str, Any],
    *,
    names: Mapping[str, str | int],
    settings: str,
    code: str,
) -> list[str]:
    """How an artifact is not what a job would make: of another subject than `names`, with other settings than
    the job's canonical string (`given` is that part of the identity's), by other code.
    """
    have = {name: str(value) for name, value in identity.subject.items()}
    wanted = have | {name: str(value) for name, value in names.items()}
    return [
        *settings_differences(have, wanted),
        *settings_differences(given, json.loads(settings)),
        *(["code: another version"] if identity.code != code else []),
    ]
