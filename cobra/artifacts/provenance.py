"""Where an artifact comes from: its identity, the git commit, and the files that its code digest stands for
(written at each run, read to say what changed).
"""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from cobra.artifacts.digests import ROOT, digest_of_modules
from cobra.artifacts.files import CODE_BOOK, read_json, read_table, write_plain_json
from cobra.artifacts.identity import Identity
from cobra.errors import UserError
from cobra.settings.section import Section


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


def git_state(root: Path) -> tuple[str | None, bool | None]:
    """The commit of the checkout `root` and whether all in it is as committed; nothing for no checkout."""
    if _git(root, "rev-parse", "--show-prefix") != "":  # it has one within somebody else's checkout
        return None, None
    commit = _git(root, "rev-parse", "HEAD")
    return commit, None if commit is None else _git(root, "status", "--porcelain") == ""


def commit_in_words(commit: str | None, clean: bool | None) -> str:
    """What `git_state` found, for a person."""
    if commit is None:
        return "outside of a git checkout"
    return f"at commit {commit[:12]}" + ("" if clean else ", with changes or files beside it")


def _git(root: Path, *arguments: str) -> str | None:
    """What git says; None if there is no git, or nothing that it knows."""
    git = shutil.which("git")
    if git is None:
        return None
    done = subprocess.run([git, *arguments], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() if done.returncode == 0 else None


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
        write_plain_json(folder / f"{name}.json", code.model_dump())


def read_code(folder: Path, digest: str) -> Code | None:
    """The code of that digest, None if `folder` does not hold it."""
    path = folder / f"{digest}.json"
    return read_page(path) if path.is_file() else None


def is_page(path: Path) -> bool:
    """Whether a file is a page of a book of codes."""
    return path.parent.name == CODE_BOOK and path.suffix == ".json"


def read_page(path: Path) -> Code:
    """The code at `path`; raises UserError if it is not the one that its name, a digest, stands for."""
    try:
        code = Code.model_validate_json(path.read_text())
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is damaged or not one of ours: remove it.") from error
    if digest_of_modules(code.modules) != path.stem:
        raise UserError(f"{path} does not hold the code that its name stands for: remove it.")
    return code


def first_run(code: str, book: Path | None) -> str:
    """At which commit this code first ran here, as far as the book of codes knows."""
    known = read_code(book, code) if book else None
    if known is None:
        return "unknown: no book of codes here holds this code"
    return commit_in_words(known.commit, known.clean)
