"""The line of a whole run: a job that runs counts with what it says is left; the first open table is told."""

from datetime import UTC, datetime, timedelta

import pytest

from cobra.experiment.cost import Estimate
from cobra.machine.progress import Heartbeat
from workflow.commands.cost import Forecast
from workflow.commands.hours import Planned
from workflow.commands.progress import remaining, times

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
SUBJECT = {"dataset": "digits", "normal": "0", "method": "cobra", "seed": 0}


def planned(seconds, seed, rule="train_detector"):
    forecast = Forecast(None if seconds is None else Estimate.exactly(seconds), "a test", on_device=True)
    subject = frozenset((key, str(value)) for key, value in (SUBJECT | {"seed": seed}).items())
    return Planned(f"{seed}.pt", rule, ("digits", "cobra"), 0, 1, 1, forecast, frozenset(), subject)


def beat(seed, seconds_left, age=0):
    return Heartbeat(
        subject=SUBJECT | {"seed": seed},
        work="training, epochs",
        done=1,
        total=4,
        seconds_left=seconds_left,
        device="cpu",
        host="here",
        pid=1,
        written=NOW - timedelta(seconds=age),
    )


PLAN = [planned(100, 0), planned(100, 1), planned(100, 2), planned(None, 3)]


def left(*beats):
    found, running = remaining(PLAN, beats, NOW)
    return [job.forecast.seconds and job.forecast.seconds.typical for job in found], running


@pytest.mark.parametrize(
    ("beats", "seconds", "running"),
    [
        pytest.param((), [100, 100, 100, None], 0, id="none runs"),
        pytest.param((beat(1, 40),), [100, 40, 100, None], 1, id="its own account"),
        pytest.param((beat(1, 40, age=30),), [100, 10, 100, None], 1, id="which ages"),
        pytest.param((beat(1, 40, age=90),), [100, 0, 100, None], 1, id="and ends"),
        pytest.param((beat(0, None),), [100, 100, 100, None], 1, id="none given yet"),
        pytest.param((beat(7, 5),), [100, 100, 100, None], 0, id="another run's job"),
    ],
)
def test_a_job_that_runs_counts_with_what_it_says_is_left(beats, seconds, running):
    assert left(*beats) == (seconds, running)


def test_time_is_shared_by_what_runs_at_once_and_the_first_open_table_is_told():
    tables = {"losses": {0, 1}, "datasets": {0, 1, 2, 3}}
    assert list(times(PLAN, 2, tables, NOW)) == [
        "2.5 min left with 2 at once, until about Mon 12:02",
        "next table: losses, 2 jobs, 1.7 min",
        "not counted: 1 jobs of kinds that have not run here yet",
    ]


def test_where_no_table_is_open_none_is_told():
    assert list(times(PLAN[:1], 1, {}, NOW)) == ["1.7 min left with 1 at once, until about Mon 12:01"]
