"""One process at a time in a folder, or at a file. The kernel frees the lock of a killed process.

`filelock` would wait as well, but cannot be asked whether a lock is held, and where it finds no `flock` it
takes a lock that a killed process leaves behind.
"""

import fcntl
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from cobra.errors import UserError


def locked(folder: Path) -> IO[str]:
    """Hold `folder`, made if need be, until the block or the process ends; wait while another process (an
    orphan, say) works in it. The holder may remove the folder.
    """
    path = folder / "lock"
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # another holder removes the folder just now
            lock = path.open("w")
            if not taken(lock):
                print(f"another process works in {folder}: waiting for it", file=sys.stderr)
                fcntl.flock(lock, fcntl.LOCK_EX)
            if _is_still(lock, path):
                return lock
            lock.close()


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
        if not taken(lock) or not _is_still(lock, path):
            raise UserError(refusal)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def is_held(folder: Path) -> bool:
    """Whether a process holds `folder`."""
    with suppress(FileNotFoundError), (folder / "lock").open() as lock:
        return not taken(lock, fcntl.LOCK_SH)  # shared: others that ask are no holders
    return False


def remove_abandoned(files: Iterable[Path]) -> None:
    """Remove those of the files that no process holds by `held`: what killed ones left. Those that this user
    may not write are left alone.
    """
    for path in files:
        # open for writing: NFS gives an exclusive lock on no other file
        with suppress(FileNotFoundError, PermissionError), path.open("r+") as file:
            if taken(file):
                path.unlink()


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Make an empty file and hold it against `remove_abandoned`."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def taken(file: IO[str], kind: int = fcntl.LOCK_EX) -> bool:
    """Lock an open file until it is closed; false, at once, if another process has it."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_still(lock: IO[str], path: Path) -> bool:
    """Whether the file at `path` is the one that was opened: its holder may have removed it meanwhile."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(lock.fileno()), path.stat())
    return False
