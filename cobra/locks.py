"""One process at a time in a folder. The kernel frees the lock of a killed process."""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder`, made if need be, waiting while another process (an orphan, say) works in it.

    The holder may remove the folder.
    """
    with _lock(folder):
        yield


def _lock(folder: Path) -> IO[str]:
    """The folder's lock file, locked; anew if its last holder removed the folder meanwhile."""
    path = folder / "lock"
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError), ExitStack() as stack:
            lock = stack.enter_context(path.open("w"))
            _wait_for(lock, folder)
            if os.path.samestat(os.fstat(lock.fileno()), path.stat()):
                stack.pop_all()
                return lock


def _wait_for(lock: IO[str], folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"another process works in {folder}: waiting for it", file=sys.stderr)
        fcntl.flock(lock, fcntl.LOCK_EX)
