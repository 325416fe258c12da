"""Snakemake by one process that has imported it: each run is a fork of it, and starts in half the time."""

import atexit
import json
import os
import subprocess
import sys
import threading
import traceback
from functools import cache
from pathlib import Path


def snakemake(python: Path, folder: Path, env: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    """Exit code and both outputs of `snakemake` in `folder`, under a user's interpreter."""
    request = {"arguments": arguments, "folder": str(folder), "env": env}
    process = _forking(python, threading.get_ident())
    process.stdin.write(json.dumps(request) + "\n")
    process.stdin.flush()
    code = int(process.stdout.readline())
    outputs = [folder / f"snakemake.{name}" for name in ("out", "err")]
    texts = [path.read_text() for path in outputs]
    for path in outputs:
        path.unlink()
    return code, *texts


@cache
def _forking(python: Path, thread: int) -> subprocess.Popen:
    """One per thread; ends with its input, when this process does."""
    process = subprocess.Popen([python, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.communicate)  # which closes its input
    return process


def _serve() -> None:
    """Answer each request, a line of JSON, with the exit code of its run."""
    import pandas  # noqa: F401  Snakemake imports it late
    import pydantic  # noqa: F401
    from snakemake.cli import main

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _run(main, **json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _run(main, arguments: list[str], folder: str, env: dict[str, str]) -> None:
    code = 1
    try:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(env)
        sys.path[0] = env["PYTHONPATH"]
        sys.argv = ["snakemake", *arguments]
        for number, name in ((1, "snakemake.out"), (2, "snakemake.err")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
