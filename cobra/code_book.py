"""Which files of code a digest stands for, and the commit: written at each run, read to say what changed."""

import json
from collections.abc import Mapping
from pathlib import Path

from cobra.artifacts import write_bytes
from cobra.digests import ROOT, digest_of_modules
from cobra.errors import UserError
from cobra.origin import git_state
from cobra.settings.base import Section

FOLDER = "code"  # the name of its folder


class Code(Section):
    """The code behind a job: digests of its files, by path, and the commit of the checkout that first ran it,
    None outside of git; `clean` is false if files differed from that commit.
    """

    modules: dict[str, str]
    commit: str | None
    clean: bool | None


def write_code(folder: Path, used: Mapping[str, Mapping[str, str]]) -> None:
    """Enter codes, their files by the digest of each, that `folder` does not hold yet."""
    unknown = [name for name in used if not (folder / f"{name}.json").is_file()]
    if not unknown:
        return
    commit, clean = git_state(ROOT)
    for name in unknown:
        code = Code(modules=dict(used[name]), commit=commit, clean=clean)
        write_bytes(folder / f"{name}.json", json.dumps(code.model_dump(), indent=1).encode() + b"\n")


def read_code(folder: Path, digest: str) -> Code | None:
    """The code of that digest, None if `folder` does not hold it."""
    path = folder / f"{digest}.json"
    return read_page(path) if path.is_file() else None


def is_page(path: Path) -> bool:
    """Whether a file is a page of a book of codes."""
    return path.parent.name == FOLDER and path.suffix == ".json"


def read_page(path: Path) -> Code:
    """The code at `path`; raises UserError if it is not the one that its name, a digest, stands for."""
    try:
        code = Code.model_validate_json(path.read_text())
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is damaged or not one of ours: remove it.") from error
    if digest_of_modules(code.modules) != path.stem:
        raise UserError(f"{path} does not hold the code that its name stands for: remove it.")
    return code
