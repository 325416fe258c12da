"""Files opened for reading so that none of them can hold a process up for ever: pipes and devices are
refused, and a disk that no longer answers is named.

Import-light: the workflow asks while it is parsed. A read that hangs cannot be broken off, in whichever
thread, so the process ends as by a kill: what is half-written is removed by the next start.
"""

import io
import os
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, cast

LOOK = 1.0  # seconds between two looks at what is being read
TOLD, ENDED = 15, 120  # looks at the same read after which it is told, and the process ended
PIECE = 1 << 20  # bytes of a file that are read at once


class _Read:
    """A file that is being read, and the number of looks during which it was."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.looks = 0


_reads: dict[int, _Read] = {}
_watcher: threading.Thread | None = None


@contextmanager
def watched(path: str | os.PathLike[str]) -> Iterator[None]:
    """Read `path`, or a piece of it, within: if that takes more than ENDED seconds the process ends, with a
    sentence that names the file. May be used in several threads.
    """
    _start()
    read = _Read(os.fspath(path))
    _reads[id(read)] = read
    try:
        yield
    finally:
        _reads.pop(id(read), None)


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedIOBase]:
    """A file opened for reading, each piece of it watched, so that it may be of any size. Raises OSError, in
    words, for a folder and for what would never end to be read.
    """
    with watched(path):
        require_file(path)
        raw = _Watched(path)
    with io.BufferedReader(raw, PIECE) as file:
        yield file


def require_file(path: Path) -> None:
    """Raise OSError, in words, for a folder, and for what would never end to be read: a pipe, a device."""
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise OSError("is a folder")
    if not stat.S_ISREG(mode):
        raise OSError("is no file but a pipe, a device or a socket")


class _Watched(io.FileIO):
    """A file each piece of which is watched."""

    def read(self, size: int | None = -1, /) -> Any:
        with watched(self.path):
            return super().read(size)

    def readinto(self, buffer: Any, /) -> Any:
        with watched(self.path):
            return super().readinto(buffer)

    def readall(self) -> bytes:
        return b"".join(iter(partial(self.read, PIECE), b""))

    @property
    def path(self) -> Path:
        """What was opened."""
        return cast(Path, self.name)


def _start() -> None:
    global _watcher
    if _watcher is None or not _watcher.is_alive():  # a forked process has none
        _watcher = threading.Thread(target=_watch, name="watches reads", daemon=True)
        _watcher.start()


def _watch() -> NoReturn:
    """Count looks and not time: a computer that slept, or a job that was suspended, has no slow disk."""
    while True:
        time.sleep(LOOK)
        for read in list(_reads.values()):
            read.looks += 1
            if read.looks == TOLD:
                print(f"still waiting for {read.path} to be read", file=sys.stderr, flush=True)
            elif read.looks >= ENDED:
                _end(read.path)


def _end(path: str) -> NoReturn:
    seconds = round(ENDED * LOOK)
    os.write(
        2,
        f"error: {path} could not be read within {seconds} s: check the disk or the network drive on which "
        "it lies, then start again.\n".encode(errors="backslashreplace"),
    )
    os._exit(1)


os.register_at_fork(after_in_child=_reads.clear)
