"""What an artifact of any kind says of itself: its identity and its run record."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cobra.artifacts.code_versions import commit_in_words, read_code
from cobra.artifacts.differences import settings_differences
from cobra.artifacts.files import read_json, read_table
from cobra.artifacts.identity import Identity, run_record_path
from cobra.errors import UserError


def identity_of(path: Path) -> Identity:
    """The identity inside a detector (.pt), score file (.parquet), descriptor or verdicts (.json); raises
    UserError for any other file.
    """
    if not path.is_file():
        raise UserError(f"{path} is no file: give the path of an artifact, such as detector.pt.")
    if path.suffix == ".pt":
        from cobra.artifacts.checkpoints import read_identity  # torch, only where it is needed

        return read_identity(path)
    readers = {".parquet": read_table, ".json": read_json}
    if path.suffix not in readers:
        raise UserError(f"{path} carries no identity: give a .pt, .parquet or .json of the results.")
    return readers[path.suffix](path)[1]


def mismatches(
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


def read_run_record(artifact: Path) -> dict[str, Any]:
    """The run record beside an artifact, empty if there is none; its `identity` is parsed."""
    path = run_record_path(artifact)
    if not path.is_file():
        return {}
    try:
        record = json.loads(path.read_text())
        return record | {"identity": Identity.model_validate(record["identity"])}
    except (KeyError, ValueError, TypeError) as error:
        raise UserError(f"{path} is damaged: remove it and make the artifact again.") from error


def first_run(code: str, book: Path | None) -> str:
    """At which commit this code first ran here, as far as the book of codes knows."""
    known = read_code(book, code) if book else None
    if known is None:
        return "unknown: no book of codes here holds this code"
    return commit_in_words(known.commit, known.clean)
