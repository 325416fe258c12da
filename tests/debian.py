"""Debian's packages that some tests need beside Python's."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock

LOCK = Path(tempfile.gettempdir(), "cobra-tests-apt.lock")  # apt-get gives up where another one runs


def obstacle(what: str, commands: Sequence[str], packages: Sequence[str]) -> str | None:
    """Why `what`, which has these commands, cannot be used here: None if all are there, installed if need
    be and if we may.
    """
    if not all(map(shutil.which, commands)) and os.geteuid() == 0 and shutil.which("apt-get"):
        with FileLock(LOCK):
            for step in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
                subprocess.run(["apt-get", "-qq", *step], stdout=subprocess.DEVNULL, check=False)
    if all(map(shutil.which, commands)):
        return None
    return f"{what} is not installed: `apt-get install {' '.join(packages)}`"
