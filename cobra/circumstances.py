"""What is told of the making of an artifact: by the run record beside it, and by the book of codes."""

import json
from pathlib import Path
from typing import Any

from cobra.code_book import read_code
from cobra.errors import UserError
from cobra.origin import commit_in_words
from cobra.provenance import Identity, run_record_path


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
