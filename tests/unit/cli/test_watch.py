import os
import signal
import sys
from datetime import UTC, datetime, timedelta

import pytest

from cobra.artifacts.checkpoints import Scratch
from cobra.cli import main
from cobra.cli.watch import line, overview
from cobra.machine.progress import Heartbeat

WRITTEN = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)
BEAT = Heartbeat(
    subject={"dataset": "digits", "normal": "0", "method": "cobra", "seed": 1},
    work="training, epochs",
    done=3,
    total=20,
    seconds_left=4000,
    device="cuda (A100)",
    host="node7",
    pid=42,
    written=WRITTEN,
)


@pytest.fixture
def watch(monkeypatch, capsys):
    """Run `cobra watch`; its status and what it printed."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["cobra", "watch", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        assert "continues" not in said.err  # there is nothing to continue
        return left.value.code, said.out

    yield run
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("later", "left"),
    [(0, "1:06:40 left"), (400, "1:00:00 left"), (3999.6, "0:00:00 left"), (9999, "0:00:00 left")],
)
def test_a_job_says_what_is_left_less_the_time_since(later, left):
    shown = line(BEAT, True, WRITTEN + timedelta(seconds=later))
    assert shown == f"digits/0/cobra/1  training, epochs 3/20  {left}  node7 cuda (A100), pid 42"


def test_a_job_that_has_just_begun_knows_no_time_left():
    beat = BEAT.model_copy(update={"seconds_left": None})
    assert "3/20  time left unknown yet  node7" in line(beat, True, WRITTEN)


def test_a_stopped_job_says_when_it_was_last_heard_of():
    shown = line(BEAT, False, WRITTEN + timedelta(days=1))
    assert "3/20  stopped, last heard of 2026-03-04 12:30 UTC  node7" in shown
    assert "left" not in shown


def test_work_without_a_known_end_shows_what_is_done():
    beat = BEAT.model_copy(update={"total": None, "seconds_left": None})
    assert "training, epochs 3  time left unknown yet" in line(beat, True, WRITTEN)


def test_the_overview_counts_and_lists_running_and_stopped_jobs(tmp_path, identity):
    for seed in (0, 1):
        other = identity.model_copy(update={"subject": identity.subject | {"seed": seed}})
        with Scratch.hold(tmp_path, other) as scratch, scratch.progress("attack, images", 8, 2):
            if seed == 1:
                shown = overview(tmp_path, datetime.now(UTC)).splitlines()
    assert shown[0] == "1 running, 1 stopped"
    assert [("time left" in text, "stopped" in text) for text in sorted(shown[1:])] == [
        (False, True),
        (True, False),
    ]
    assert all(text.startswith("digits/0/cobra/") for text in shown[1:])


def test_the_command_shows_what_runs(watch, tmp_path, identity):
    with Scratch.hold(tmp_path, identity) as scratch, scratch.progress("attack, images", 8, 2):
        status, out = watch("--scratch", tmp_path)
    assert status == 0
    first, second = out.splitlines()
    assert first == "1 running, 0 stopped"
    assert second.startswith("digits/0/cobra/0  attack, images 2/8  time left unknown yet  ")


def test_without_a_folder_of_state_the_command_says_that_nothing_runs(watch, tmp_path):
    assert watch("--scratch", tmp_path / "absent") == (0, "0 running, 0 stopped\n")


@pytest.mark.parametrize("every", ["-1", "0", "nan", "soon", "inf", "1e9"])
def test_an_interval_that_is_none_is_refused(watch, tmp_path, every):
    assert watch("--scratch", tmp_path, "--every", every) == (2, "")


def test_it_looks_again_and_again_until_it_is_interrupted(watch, tmp_path, monkeypatch):
    waits = []

    def wait(seconds):
        waits.append(seconds)
        if len(waits) == 3:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("cobra.cli.watch.time.sleep", wait)
    status, out = watch("--scratch", tmp_path, "--every", "2.5")
    assert status == 130
    assert waits == [2.5] * 3
    assert out.splitlines() == ["0 running, 0 stopped"] * 3
