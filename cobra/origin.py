"""The commit that results were made at."""

import shutil
import subprocess
from pathlib import Path


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
