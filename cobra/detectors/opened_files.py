"""The files that a user's code opens: weights that nobody declared are noticed."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from cobra.detectors.settings import OwnDetectorSettings
from cobra.detectors.user_code import import_root, is_a_users

CODE = (".py", ".pyc", ".so")  # seen to as modules
opened: set[Path] = set()
_listening: list[None] = []  # one for each user code that runs


@contextmanager
def noticing() -> Iterator[None]:
    """Note the files that are opened for reading within."""
    _hook()
    _listening.append(None)
    try:
        yield
    finally:
        _listening.pop()


@cache
def _hook() -> None:
    """Once: Python has no way to take such a hook away."""
    sys.addaudithook(_note)


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event != "open" or not _listening:
        return
    path, _, flags = arguments
    reads = isinstance(flags, int) and flags & os.O_ACCMODE == os.O_RDONLY
    if reads and isinstance(path, str | bytes | os.PathLike):
        opened.add(Path(os.fsdecode(path)).absolute())


def undeclared(settings: OwnDetectorSettings) -> list[str]:
    """The files near a user's detector that it read and `settings` do not name, as paths from here."""
    here, root = Path.cwd(), import_root(settings.score or settings.fit or "")
    named = [Path(file).resolve() for file in settings.files]
    found = [
        path
        for path in opened
        if path.suffix not in CODE and path.is_file() and (is_a_users(path, root) or is_a_users(path, here))
        if not any(path.resolve().is_relative_to(name) for name in named)
    ]
    return sorted(os.path.relpath(path, here) for path in found)


def warn_of_undeclared(settings: OwnDetectorSettings) -> None:
    """Tell the log of files whose change would go unnoticed."""
    found = undeclared(settings)
    if found:
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        print(
            f"warning: {settings.score or settings.fit} reads {', '.join(found[:3])}{more}, and when that "
            "changes, what was made before stays: name it under files (detectors.*.files, or --files).",
            file=sys.stderr,
        )
