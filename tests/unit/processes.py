"""Real processes that a test starts, listens to and kills."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def started(code: str, *arguments: object, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A process that runs `code`; it is killed when the test leaves the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    """The next line that it prints."""
    return process.stdout.readline().strip()


def complained(process: subprocess.Popen[str]) -> str:
    """The next line that it prints on standard error."""
    return process.stderr.readline().strip()


def kill(process: subprocess.Popen[str]) -> None:
    """End it as the kernel does when memory is short: it can do nothing about it."""
    process.kill()
    process.wait()
