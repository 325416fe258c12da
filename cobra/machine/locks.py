"""One process at a time in a folder, or at a file. The kernel frees the lock of a killed process."""

import fcntl
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from cobra.errors import UserError


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder`, made if need be, waiting while another process (an orphan, say) works in it.

    The holder may remove the folder.
    """
    with _lock(folder):
        yield


@contextmanager
def held_alone(folder: Path, refusal: str) -> Iterator[None]:
    """Hold `folder`, made if need be; raises UserError with `refusal` if another process does. The lock file
    goes with the holder.
    """
    path = folder / ".lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = path.open("w")
    except OSError as error:
        raise UserError(f"{folder} cannot be written to ({error.strerror}): name another folder.") from None
    with lock:
        if not _taken(lock, fcntl.LOCK_EX) or not _is_still(lock, path):
            raise UserError(refusal)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def is_held(folder: Path) -> bool:
    """Whether a process holds `folder`."""
    try:
        with (folder / "lock").open() as lock:
            return not _taken(lock, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def remove_abandoned(files: Iterable[Path]) -> None:
    """Remove those of the files that no process holds by `held`: what killed ones left. Those that this user
    may not write are left alone.
    """
    for path in files:
        # open for writing: NFS gives an exclusive lock on no other file
        with suppress(FileNotFoundError, PermissionError), path.open("r+") as file:
            if _taken(file, fcntl.LOCK_EX):
                path.unlink()


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Make an empty file and hold it against `remove_abandoned`."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _taken(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock(folder: Path) -> IO[str]:
    """The folder's lock file, locked; anew if its last holder removed the folder meanwhile."""
    path = folder / "lock"
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError), ExitStack() as stack:
            lock = stack.enter_context(path.open("w"))
            _wait_for(lock, folder)
            if _is_still(lock, path):
                stack.pop_all()
                return lock


def _is_still(lock: IO[str], path: Path) -> bool:
    """Whether the file at `path` is the one that was opened: its holder may have removed it meanwhile."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(lock.fileno()), path.stat())
    return False


def _wait_for(lock: IO[str], folder: Path) -> None:
    if not _taken(lock, fcntl.LOCK_EX):
        print(f"another process works in {folder}: waiting for it", file=sys.stderr)
        fcntl.flock(lock, fcntl.LOCK_EX)
