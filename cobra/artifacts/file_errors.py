"""Files that cannot be used where they were given: whether they are ours and broken, or somebody else's.

A person's own file is never called damaged, and nobody is told to remove it.
"""

from pathlib import Path

from cobra.artifacts.identity import run_record_path
from cobra.errors import UserError

IDENTITY = (b'"subject":', b'"settings":', b'"inputs":', b'"versions":')  # of ours, in files of any format
BOOK, CLAIM = "code", "attacked.json"  # in a folder of results: of the workflow, of `cobra attack`
DIGITS = 64  # in the name of a page of the book


def refusal(path: Path, content: bytes, wanted: str, found: str) -> UserError:
    """The error for a file that cannot be read: `found` says what it is where `wanted` is needed."""
    if is_ours(path, content):
        return UserError(f"{path} is damaged: remove it and make it again.")
    return UserError(f"{path} {found}: give {wanted}.")


def is_ours(path: Path, content: bytes) -> bool:
    """Whether a file is one that this project wrote: an identity is in it, or it lies among results."""
    return all(mark in content for mark in IDENTITY) or lies_among_results(path)


def lies_among_results(path: Path) -> bool:
    """Whether a file has a run record beside it, or lies below a folder that the workflow, or `cobra attack`,
    writes results to.
    """
    return run_record_path(path).is_file() or any(map(_holds_results, path.absolute().parents))


def _holds_results(folder: Path) -> bool:
    try:
        pages = (folder / BOOK).glob("?" * DIGITS + ".json")
        return (folder / CLAIM).is_file() or next(pages, None) is not None
    except OSError:  # a folder that may not be read
        return False
