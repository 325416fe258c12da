"""One process that has imported torch for all projects of a run of pytest: their jobs are forks of it.

Snakemake starts such a process for each run of its own (workflow/lib/warm.py, tests/workflow/test_warm.py),
which takes more than two seconds of a core.
"""

import atexit
import os
import runpy
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

from cobra.machine import arithmetic
from workflow.lib import warm
from workflow.lib.job_environment import MALLOC

ROOT = Path(__file__).resolve().parents[2]
MODE = {arithmetic.MODE: "portable"}  # what it is unless said
LIMIT = 60  # seconds, against hanging
# What differs between the projects, and between lines pasted and run by Snakemake, and changes no result.
OF_THE_JOB = {"PYTHONPATH", "PYTEST_CURRENT_TEST", *warm.ONE_THREAD, *MALLOC}


def place(python: Path, env: dict[str, str]) -> str:
    """The socket at which the process answers jobs with these variables; it ends with this one."""
    return _started(python, tuple(sorted((name, env[name]) for name in env.keys() - OF_THE_JOB)))


@cache
def _started(python: Path, env: tuple[tuple[str, str], ...]) -> str:
    found = Path(tempfile.mkdtemp(prefix="cobra-warm-")) / "socket"
    variables = dict(env) | warm.ONE_THREAD | MALLOC | MODE | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [python, __file__, found],
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    atexit.register(process.communicate)  # which closes its input
    end = time.monotonic() + LIMIT
    while not found.exists():
        assert process.poll() is None, "the process that imports torch ended"
        assert time.monotonic() < end
        time.sleep(0.02)
    return str(found)


def _serve() -> None:
    """Answer; in a fork become the job, whose project is imported from in place of this repository."""
    compared = warm._read_by_imports
    warm.OF_THE_JOB |= OF_THE_JOB
    warm._read_by_imports = lambda variables: MODE | compared(variables)
    warm.serve(sys.argv[1])
    sys.path.remove(str(ROOT))
    sys.path[1:1] = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    for name in [name for name in sys.modules if name.split(".")[0] == "workflow"]:
        del sys.modules[name]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    _serve()
