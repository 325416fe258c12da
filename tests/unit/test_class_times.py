"""What run_classes.py says of the time that is left."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cobra.artifacts import write_run_record
from cobra.heartbeat import Heartbeat

NAMES = {"dataset": "digits", "normal": "0", "method": "cobra", "seed": 0}


@pytest.fixture
def times(monkeypatch, tmp_path):
    """The module, in an empty folder."""
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2] / "workflow"))
    monkeypatch.chdir(tmp_path)
    import class_times

    return class_times


def job(rule, **names):
    from class_jobs import Job

    subject = {**NAMES, **names}
    artifact = Path("_".join(map(str, (rule, *subject.values()))) + ".pt")
    return Job(rule, subject, "{}", [], (artifact,), Path("log"), 1)


def took(job, identity, seconds):
    write_run_record(job.artifact, identity, {"wall_seconds": seconds})


def under_way(job, done, total, seconds_left):
    beat = Heartbeat(subject=job.subject, work="training, epochs", done=done, total=total,
                     seconds_left=seconds_left, device="cpu", host="here", pid=1,
                     written=datetime.now(UTC))  # fmt: skip
    folder = Path(".scratch", str(job.artifact))
    folder.mkdir(parents=True)
    (folder / "heartbeat.json").write_text(json.dumps(beat.model_dump(mode="json")))


def test_alike_jobs_that_ended_tell_the_time(times, identity):
    done = [job("train_detector", normal=name) for name in "12"]
    for one, seconds in zip(done, (100, 140), strict=True):
        took(one, identity, seconds)
    left = [job("train_detector", normal=name) for name in "345"]
    assert times.outlook([*done, *left], left) == "left: 3 jobs, about 6.0 min"


def test_of_a_job_under_way_the_rest_counts_and_tells_of_others(times):
    left = [job("train_detector", normal=name) for name in "12"]
    under_way(left[0], 25, 100, 90.0)  # 120 s in all
    assert times.outlook(left, left) == "left: 2 jobs, about 3.5 min"


def test_another_method_tells_nothing(times, identity):
    done, other = job("train_detector"), job("train_detector", method="standard")
    took(done, identity, 60)
    again = job("train_detector", normal="1")
    told = times.outlook([done, other, again], [other, again])
    assert told == "left: 2 jobs, about 1.0 min and 1 of unknown length"


def test_jobs_that_take_seconds_are_not_waited_for(times):
    left = [job("score_detector", score="similarity", attack="clean")]
    assert times.outlook(left, left) == "left: 1 jobs, which take seconds"


def test_a_job_that_has_done_nothing_yet_tells_nothing(times):
    left = [job("attack_detector", score="similarity", attack="pgd")]
    under_way(left[0], 0, 4, None)
    assert times.outlook(left, left) == "left: 1 jobs, 1 of unknown length"
