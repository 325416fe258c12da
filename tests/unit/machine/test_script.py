import signal

import pytest
import torch
from processes import said, started

from cobra.errors import UserError
from cobra.machine import script

SCRIPT = """
import sys, time
from pathlib import Path
from cobra.machine import script as command
from cobra.artifacts.files import atomic

def main():
    try:
        with atomic(Path(sys.argv[1])) as temporary:
            temporary.write_text("half")
            print("works", flush=True)
            time.sleep(60)
    finally:
        print("cleans up", flush=True)
        sys.stdin.readline()
        print("cleaned up", flush=True)

command.run(main)
"""


@pytest.fixture(autouse=True)
def _signals():
    """What pytest does at a signal is what it does after the test."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "another", "status"),
    [(signal.SIGTERM, signal.SIGINT, 143), (signal.SIGINT, signal.SIGTERM, 130)],
    ids=["SIGTERM", "SIGINT"],
)
def test_a_script_told_to_stop_cleans_up_undisturbed_and_says_so(tmp_path, number, another, status):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with started(SCRIPT, path) as process:
        assert said(process) == "works"
        process.send_signal(number)
        assert said(process) == "cleans up"
        process.send_signal(another)
        process.send_signal(number)
        out, complaint = process.communicate("\n")
    assert process.returncode == status
    assert out == "cleaned up\n"
    assert complaint.split("\n") == [
        "",
        f"stopped by {number.name}: start again, and it continues from what it last saved",
        "",
    ]
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def left_with(main):
    """The status with which a command ends."""
    with pytest.raises(SystemExit) as left:
        script.run(main)
    return left.value.code


def test_a_command_called_as_a_function_leaves_the_process_to_its_caller():
    assert left_with(lambda: None) == 0


def test_a_caller_outlives_a_command_that_it_called_and_that_was_stopped():
    source = """
import os, signal, time
from cobra.machine import script

def stopped():
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(60)

script.GRACE = 0.05
stopped.__module__ = "elsewhere"
try:
    script.run(stopped)
except SystemExit as end:
    time.sleep(1)
    print(end.code)
"""
    with started(source) as process:
        out, _ = process.communicate()
    assert (process.returncode, out) == (0, "143\n")


def test_a_script_that_succeeds_ends_with_0_and_all_that_it_wrote(tmp_path):
    source = """
import atexit, sys
from pathlib import Path
from cobra.machine import script

def main():
    atexit.register(Path(sys.argv[1]).write_text, "kept for the next process")
    print("made", end="")

script.run(main)
"""
    with started(source, tmp_path / "kept") as process:
        out, complaint = process.communicate()
    assert (process.returncode, out, complaint) == (0, "made", "")
    assert (tmp_path / "kept").read_text() == "kept for the next process"


def test_what_a_person_can_mend_is_said_in_a_sentence():
    def main():
        raise UserError("a.yaml does not exist: write it.")

    assert left_with(main) == "error: a.yaml does not exist: write it."


@pytest.mark.parametrize(
    ("ends", "status", "said"), [("", 0, ""), ("raise UserError('mend it.')", 1, "error: m")]
)
def test_threads_that_a_users_code_left_running_are_not_waited_for(ends, status, said):
    source = f"""
import threading, time
from cobra.errors import UserError
from cobra.machine import script

def main():
    threading.Thread(target=time.sleep, args=(600,)).start()
    {ends}

script.run(main)
"""
    with started(source) as process:
        _, complaint = process.communicate(timeout=60)
    assert process.returncode == status
    assert complaint.startswith(said)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total of 8 GiB."),
        MemoryError(),
    ],
    ids=["GPU", "processor"],
)
def test_memory_that_does_not_suffice_is_told_with_what_helps(error):
    def main():
        raise error

    told = left_with(main)
    assert told.startswith("error: Memory does not suffice (")
    assert "\n" not in told
    assert "bf16" in told
    assert "--block-size" in told


def test_a_bug_keeps_its_traceback():
    def main():
        raise KeyError("bug")

    with pytest.raises(KeyError):
        script.run(main)


def test_options_that_scripts_share_have_defaults_and_types():
    made = script.parser("A job.\n")
    script.add_subject(made, "dataset", "seed")
    script.add_machine(made)
    args = made.parse_args(["--dataset", "digits", "--seed", "3"])
    assert (args.dataset, args.seed, args.settings) == ("digits", 3, "{}")
    assert (args.device, args.threads, str(args.scratch)) == ("auto", 1, ".scratch")


@pytest.mark.parametrize("given", [["--dataset", "digits"], ["--dataset", "digits", "--seed", "first"]])
def test_a_subject_that_is_not_named_in_full_is_refused(given, capsys):
    made = script.parser(None, settings=False)
    script.add_subject(made, "dataset", "seed")
    with pytest.raises(SystemExit, match="2"):
        made.parse_args(given)
    assert "--seed" in capsys.readouterr().err
