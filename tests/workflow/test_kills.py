"""Jobs and workflows killed at random moments: what they end with is what an undisturbed run ends with."""

import json
import os
import signal
import threading
import time
from pathlib import Path

import pandas as pd
import pytest
from kill_targets import long_project
from killing import LIMIT, kill_all, started
from stopping import kill_after, saved, undisturbed, wait_until

from cobra.artifacts.checkpoints import Scratch
from cobra.artifacts.identity import make_identity

DETECTOR = "results/digits/0/cobra/seed0/detector.pt"
SWEEP = "results/digits/0/cobra/seed0/sweeps/similarity/eps.parquet"

pytestmark = pytest.mark.workflow


def test_a_killed_training_resumes_to_the_same_bytes(project):
    project.configure({"detector.schedule.epochs": 30, "detector.schedule.snapshots": 15})
    line = project.shell_lines()[DETECTOR]
    content, record = undisturbed(project, line, DETECTOR)
    snapshots = (project / DETECTOR).with_name("snapshots.pt")
    kept = snapshots.read_bytes()
    snapshots.unlink()
    log = pd.read_csv((project / DETECTOR).with_name("training.csv"))
    kill_after(project, line, 2, signal.SIGKILL)
    kill_after(project, line, 2, signal.SIGTERM)
    assert len(project.scratch()) == 1
    assert project.paste(line).returncode == 0
    assert (project / DETECTOR).read_bytes() == content
    assert snapshots.read_bytes() == kept
    times = ["images_per_second", "seconds"]
    again = pd.read_csv((project / DETECTOR).with_name("training.csv"))
    pd.testing.assert_frame_equal(again.drop(columns=times), log.drop(columns=times), check_exact=True)
    resumed = json.loads((project / DETECTOR).with_suffix(".run.json").read_text())
    assert (record["starts"], resumed["starts"]) == (1, 3)
    assert resumed["identity"] == record["identity"]
    assert project.scratch() == []


def test_sigterm_ends_a_job_with_a_sentence_and_keeps_what_it_saved(project):
    project.configure({"detector.schedule.epochs": 400})
    line = project.shell_lines()[DETECTOR].replace("python workflow", "exec python workflow")
    with started(project, line) as process:
        wait_until(lambda: list((project / ".scratch").glob("*/heartbeat.json")), process)
        process.terminate()
        assert process.wait(LIMIT) == 128 + signal.SIGTERM
    said = (project / "results/logs/train/digits/0/cobra/seed0.log").read_text()
    assert "stopped by SIGTERM: start again, and it continues from what it last saved" in said
    assert "Traceback" not in said
    assert [path.name for path in project.scratch()[0].glob("*.tmp")] == []
    assert "0 running, 1 stopped" in project.run("cobra", "watch").stdout


def test_a_sample_of_the_kill_points_ends_with_the_same_bytes(tmp_path):
    quick = {f"attacks.{name}": {"kind": name, "steps": 5, "restarts": 1} for name in ("pgd", "apgd")}
    quick |= {"detector.schedule.epochs": 10}  # trainings, attacks and sweeps are killed by other tests
    quick |= {"sweeps": {}, "gates": None, "figures": {}}
    project = long_project(tmp_path / "project", quick)
    outcomes = kill_all(project, share=0.1, jobs=["preparation"], latest=8)
    assert {name: outcome.wrong for name, outcome in outcomes.items()} == {name: [] for name in outcomes}
    points = [outcome.points.total() for outcome in outcomes.values()]
    assert points == [2, 4]  # of Snakemake each way once


def test_a_killed_sweep_resumes_to_the_same_bytes(project):
    project.configure(
        {
            "sweeps": {"eps": {"attack": "pgd", "factors": [1], "eps": [0.5, 1]}},
            "gates": {"claim": "pgd", "sweep": "eps"},
            "attacks.pgd": {"steps": 40, "restarts": 2},
        }
    )
    line = project.shell_lines()[SWEEP].replace(" --threads", " --block-size 7 --threads")
    line = line.rsplit(" 2> ", 1)[0]  # no folder of logs: no sweep was made yet
    content, _ = undisturbed(project, line, SWEEP)
    with started(project, line) as process:
        second = project / ".scratch"
        wait_until(lambda: list(second.glob("*/eps_0.5.pt")), process)
        os.killpg(process.pid, signal.SIGKILL)
    assert project.paste(line).returncode == 0
    assert (project / SWEEP).read_bytes() == content
    assert project.scratch() == []


def test_a_second_process_waits_for_the_first_of_the_same_job(finished, lines, project):
    command = lines[DETECTOR].rsplit(" 2> ", 1)[0]
    (project / DETECTOR).unlink()
    (project / "second.log").touch()
    with started(project, f"{command} 2> first.log") as first:
        wait_until(lambda: saved(project), first)
        os.killpg(first.pid, signal.SIGSTOP)
        with started(project, f"{command} 2> second.log") as second:
            wait_until(lambda: "another process works in" in (project / "second.log").read_text(), second)
            assert not (project / DETECTOR).exists()
            os.killpg(first.pid, signal.SIGCONT)
            assert first.wait(LIMIT) == 0
            assert second.wait(LIMIT) == 0
    assert "another process" not in (project / "first.log").read_text()
    assert "was made by that process: nothing is left to do" in (project / "second.log").read_text()
    assert (project / DETECTOR).read_bytes() == (finished / DETECTOR).read_bytes()
    assert project.scratch() == []


def test_a_third_process_waits_for_the_second(tmp_path):
    identity = make_identity("detector", {}, {}, "scripts/train_detector.py")
    inside, most, waiting = [], [], threading.Barrier(2)

    def work(name, seconds):
        with Scratch.hold(Path(tmp_path), identity) as scratch:
            inside.append(name)
            most.append(len(inside))
            if name == "first":
                waiting.wait()
            time.sleep(seconds)
            inside.remove(name)
            scratch.remove()

    threads = [threading.Thread(target=work, args=args) for args in (("first", 0.5), ("second", 1.0))]
    for thread in threads:
        thread.start()
    waiting.wait()
    wait_until(lambda: most == [1, 1])  # the first is done, the second in
    work("third", 0)
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1]
