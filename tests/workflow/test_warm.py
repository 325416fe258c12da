"""Commands started by a process that has imported torch: as if each had been started by itself."""

import json
import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from projects import ROOT, runtime_env
from stopping import wait_until

WARM = ROOT / "workflow/lib/warm.py"
SCRIPT = """
import json, os, sys, time
before = "torch" in sys.modules
import cobra
from cobra.machine import arithmetic
print(json.dumps({
    "warm": before, "arguments": sys.argv, "folder": os.getcwd(), "path": sys.path, "name": __name__,
    "variables": dict(os.environ), "arithmetic": arithmetic.in_force(), "input": sys.stdin.read(),
}), flush=True)
way, *rest = sys.argv[1:]
if way == "wait":
    with open(rest[0], "w") as file:
        file.write(str(os.getpid()))
    time.sleep(600)
if way == "raise":
    raise ValueError("as planned")
if way == "exit":
    sys.exit(int(rest[0]))
"""
OWNER = """
import os, time
from workflow.lib import warm
warm.start()
print(os.environ[warm.PLACE], flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def env():
    return runtime_env() | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def served(env, tmp_path_factory):
    """Variables of a job beside which a server runs."""
    with owning(env, tmp_path_factory.mktemp("warm")) as place:
        yield job_variables(env, COBRA_WARM=str(place))


@contextmanager
def owning(env, folder):
    """The socket of a server whose owner is killed at the end; `folder`, in which it lies, is empty then."""
    command = ["python", "-c", OWNER]
    with subprocess.Popen(
        command, env=env | {"TMPDIR": str(folder)}, stdout=subprocess.PIPE, text=True
    ) as owner:
        place = Path(owner.stdout.readline().strip())
        wait_until(lambda: place.exists(), owner)
        yield place
        owner.kill()
    wait_until(lambda: not list(folder.iterdir()))


def job_variables(env, **changes):
    threads = ("OMP_NUM", "GOTO_NUM", "OPENBLAS_NUM", "MKL_NUM", "VECLIB_MAXIMUM", "NUMEXPR_NUM")
    return env | {f"{name}_THREADS": "1" for name in threads} | changes


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "command.py"
    path.write_text(SCRIPT)
    return path


def told(script, *arguments, env, warm=True):
    """What the command says of itself, its errors, and how it ended."""
    command = ["python", *([str(WARM)] if warm else []), str(script), *arguments]
    done = subprocess.run(command, cwd=script.parent, env=env, input="typed", capture_output=True, text=True)
    return json.loads(done.stdout), done.stderr, done.returncode


def test_a_command_finds_what_it_would_find_if_started_by_itself(script, served):
    warm, _, code = told(script, "plain", env=served | {"TMPDIR": "/var/tmp"})
    by_itself, _, _ = told(script, "plain", env=served | {"TMPDIR": "/var/tmp"}, warm=False)
    assert warm.pop("warm")
    assert not by_itself.pop("warm")
    assert code == 0
    assert warm == by_itself


@pytest.mark.parametrize(
    "changes", [{"OMP_NUM_THREADS": "2"}, {"LD_PRELOAD": ""}, {"COBRA_WARM": "/nowhere"}]
)
def test_with_other_variables_or_nobody_there_it_starts_by_itself(script, served, changes):
    found, _, code = told(script, "exit", "5", env=served | changes)
    assert not found["warm"]
    assert code == 5


def test_without_snakemake_it_starts_by_itself(script, env):
    found, _, code = told(script, "plain", env=env)
    assert not found["warm"]
    assert code == 0


def test_its_exit_status_is_the_proxys(script, served):
    assert told(script, "exit", "5", env=served)[2] == 5


def test_an_error_is_told_where_it_would_be(script, served):
    found, errors, code = told(script, "raise", env=served)
    assert found["warm"]
    assert code == 1
    assert errors.endswith("ValueError: as planned\n")


def waiting(script, served, tmp_path):
    """A command at work, and its process."""
    command = ["python", str(WARM), str(script), "wait", str(tmp_path / "pid")]
    process = subprocess.Popen(command, env=served, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), process)
    return process, int((tmp_path / "pid").read_text())


def gone(pid):
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_reaches_the_command(script, served, tmp_path, number):
    process, pid = waiting(script, served, tmp_path)
    assert pid != process.pid
    process.send_signal(number)
    assert process.wait(60) == -number
    assert gone(pid)


def test_the_command_does_not_outlive_its_proxy(script, served, tmp_path):
    process, pid = waiting(script, served, tmp_path)
    process.kill()
    process.wait()
    wait_until(lambda: gone(pid))


def test_a_killed_command_is_told_as_killed(script, served, tmp_path):
    process, pid = waiting(script, served, tmp_path)
    os.kill(pid, signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL


def test_where_the_server_was_killed_nobody_waits_for_its_answer(script, env, tmp_path, tmp_path_factory):
    """Its socket stays, and a command that it started still runs."""
    with owning(env, tmp_path_factory.mktemp("warm")) as place:
        variables = job_variables(env, COBRA_WARM=str(place))
        process, pid = waiting(script, variables, tmp_path)
        server = next(
            found for found in psutil.process_iter()
            if str(place) in found.cmdline() and str(place) not in found.parent().cmdline()
        )  # fmt: skip
        server.kill()
        assert not told(script, "plain", env=variables)[0]["warm"]
        os.kill(pid, signal.SIGTERM)
        assert process.wait(60) == -signal.SIGTERM
        shutil.rmtree(place.parent)


def test_a_command_outlives_snakemake(script, env, tmp_path, tmp_path_factory):
    """As it does without: an orphan finishes its work, and nothing else is left."""
    with owning(env, tmp_path_factory.mktemp("warm")) as place:
        process, pid = waiting(script, job_variables(env, COBRA_WARM=str(place)), tmp_path)
    time.sleep(0.2)
    assert process.poll() is None
    os.kill(pid, signal.SIGTERM)
    assert process.wait(60) == -signal.SIGTERM
