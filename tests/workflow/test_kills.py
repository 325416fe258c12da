"""Jobs and workflows killed at random moments: what they end with is what an undisturbed run ends with."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import pandas as pd
import pytest

from cobra.checkpoints import Scratch
from cobra.provenance import make_identity

DETECTOR = "results/digits/0/cobra/seed0/detector.pt"
SCORES = "results/digits/0/cobra/seed0/scores/similarity/pgd.parquet"
SWEEP = "results/digits/0/cobra/seed0/sweeps/similarity/eps.parquet"
KILLS = 5
LIMIT = 120  # seconds, against hanging

pytestmark = pytest.mark.workflow


@contextlib.contextmanager
def started(project, line):
    """A pasted line as a process group of its own, of which nothing outlives the test."""
    process = subprocess.Popen(
        ["bash", "-c", line],
        cwd=project.folder,
        env=project.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until(condition, process=None):
    """Poll `condition`; fails if `process` ends first, or after LIMIT seconds."""
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end
        assert process is None or process.poll() is None, "it ended before it could be killed"
        time.sleep(0.002)


def saved(project):
    """When the state was last saved; 0: never."""
    times = [path.stat().st_mtime_ns for path in (project / ".scratch").glob("*/state.pt")]
    return max(times, default=0)


def kill_at_random(project, line, unit, seed):
    """Start the line and kill it, KILLS times: some saves after its start, at a random point of the work's
    next unit, which takes `unit` seconds; once within its first second, while it starts.
    """
    rng = random.Random(seed)
    for saves in rng.sample([0, 1, 1, 2, 3], KILLS):
        last = saved(project)
        with started(project, line) as process:
            for _ in range(saves):
                wait_until(lambda before=last: saved(project) > before, process)
                last = saved(project)
            time.sleep(rng.random() * (unit if saves else 1.0))
            assert process.poll() is None, "it ended before it could be killed"
            os.killpg(process.pid, signal.SIGKILL)


def undisturbed(project, line, artifact):
    """The bytes of an uninterrupted run, after which nothing is left of it but its log."""
    assert project.paste(line).returncode == 0
    content = (project / artifact).read_bytes()
    record = json.loads((project / artifact).with_suffix(".run.json").read_text())
    (project / artifact).unlink()
    assert project.scratch() == []
    return content, record


def test_a_killed_training_resumes_to_the_same_bytes(project):
    epochs = 30
    project.configure({"detector.schedule.epochs": epochs})
    line = project.shell_lines()[DETECTOR]
    content, record = undisturbed(project, line, DETECTOR)
    log = pd.read_csv((project / DETECTOR).with_name("training.csv"))
    kill_at_random(project, line, record["wall_seconds"] / epochs, seed=1)
    assert len(project.scratch()) == 1
    assert project.paste(line).returncode == 0
    assert (project / DETECTOR).read_bytes() == content
    times = ["images_per_second", "seconds"]
    again = pd.read_csv((project / DETECTOR).with_name("training.csv"))
    pd.testing.assert_frame_equal(again.drop(columns=times), log.drop(columns=times), check_exact=True)
    resumed = json.loads((project / DETECTOR).with_suffix(".run.json").read_text())
    assert resumed["starts"] > record["starts"] == 1
    assert resumed["identity"] == record["identity"]
    assert project.scratch() == []


def test_a_killed_attack_resumes_to_the_same_bytes(project):
    blocks, restarts = 7, 4
    project.configure({"attacks.pgd": {"steps": 30, "restarts": restarts}})
    line = project.shell_lines()[SCORES].replace(" --threads", " --block-size 4 --threads")
    content, record = undisturbed(project, line, SCORES)
    kill_at_random(project, line, record["wall_seconds"] / (blocks * restarts), seed=2)
    assert len(project.scratch()) == 1
    assert project.paste(line).returncode == 0
    assert (project / SCORES).read_bytes() == content
    resumed = json.loads((project / SCORES).with_suffix(".run.json").read_text())
    assert resumed["starts"] > record["starts"] == 1
    assert project.scratch() == []


# Per kind settings under which a block takes long enough to be killed within it.
KINDS = {
    "momentum": {"steps": 60},
    "apgd": {"steps": 60},
    "apgd in l2": {"kind": "apgd", "steps": 60, "norm": "l2", "eps": 1},
    "apgd, smoothed": {"kind": "apgd", "steps": 40, "objective": "logsumexp"},
    "a3": {"steps": 40, "restarts": 7},
    "square": {"steps": 150},
    "search": {"steps": 150},
    "noise": {"steps": 200},
    "fab": {"steps": 40},
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_attack_resumes_to_the_same_bytes(project, name):
    project.configure({"attacks.pgd": {"kind": name, "restarts": 3, **KINDS[name]}})
    if name == "fab":  # which gives accuracies alone
        project.configure({f"tables.{table}.measure": "accuracy" for table in ("losses", "datasets")})
    line = project.shell_lines()[SCORES].replace(" --threads", " --block-size 7 --threads")
    content, _ = undisturbed(project, line, SCORES)
    for saves in (1, 4):
        last = saved(project)
        with started(project, line) as process:
            for _ in range(saves):
                wait_until(lambda before=last: saved(project) > before, process)
                last = saved(project)
            os.killpg(process.pid, signal.SIGKILL)
    assert project.paste(line).returncode == 0
    assert (project / SCORES).read_bytes() == content
    assert json.loads((project / SCORES).with_suffix(".run.json").read_text())["starts"] == 3
    assert project.scratch() == []


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


def test_a_killed_snakemake_run_is_taken_up_to_the_same_results(finished, project):
    shutil.rmtree(project / "results/digits/1/standard")
    (project / "results/tables/losses.csv").unlink()
    with started(project, "exec snakemake --cores 2 --configfile tiny.yaml") as process:
        wait_until(project.scratch, process)
        os.kill(process.pid, signal.SIGKILL)  # its job lives on, as after a closed terminal
        process.wait()
        locked = project.snakemake()
        assert locked.returncode != 0
        assert "--unlock" in locked.stdout + locked.stderr
        assert project.snakemake("--unlock").returncode == 0
        project.make()
    assert project.contents() == finished.contents()
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
