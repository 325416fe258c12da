"""Jobs and whole runs killed at random moments, and what they end with.

By hand, the fault table of 138 kill points (half an hour on two cores):

    PYTHONPATH=. python tests/workflow/killing.py --share 1 --output faults.json
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from kill_targets import JOBS, RUN, TARGETS, long_project
from projects import CONFIG

LIMIT = 180  # seconds, against hanging


@dataclass
class Outcome:
    """The kill points of a target by their way, and what was wrong after any of them."""

    points: Counter = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


@contextmanager
def started(project, line):
    """A pasted line as a process group of its own, of which nothing outlives the block."""
    process = subprocess.Popen(
        ["bash", "-c", line],
        cwd=project.folder,
        env=project.by_themselves(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def kill_job(project, line, target, points, seed):
    """Start a job's command and kill it, `points` times in a row, at random moments; then let it end."""
    rng, outcome = random.Random(seed), Outcome()
    right = {name: (project / name).read_bytes() for name in target.artifacts}
    remove(project, target)
    began = time.monotonic()
    assert project.paste(line).returncode == 0
    duration = time.monotonic() - began
    compare(project, right, outcome, "undisturbed", whole=True)
    remove(project, target)
    while outcome.points.total() < points:
        way = target.ways[outcome.points.total() % len(target.ways)]
        with started(project, line) as process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(rng.random() * duration)
            in_time = process.poll() is None
            end(process, way)
        outcome.points[way] += in_time
        compare(project, right, outcome, f"{way} {outcome.points[way]}")
        if not in_time:  # it had ended: from the beginning
            remove(project, target)
    assert project.paste(line).returncode == 0
    compare(project, right, outcome, "the end", whole=True)
    return outcome


def remove(project, target):
    for name in target.artifacts:
        (project / name).unlink(missing_ok=True)


def kill_run(project, points, seed, latest, per_run=4):
    """The same with Snakemake: results removed, `per_run` kills of each run, each within `latest` seconds and
    taken up after --unlock.
    """
    rng, outcome = random.Random(seed), Outcome()
    right = project.contents()
    for number in range(points):
        way = RUN.ways[number % len(RUN.ways)]
        if number % per_run == 0:
            shutil.rmtree(project / "results")
        with started(
            project, f"exec snakemake --cores 2 --configfile {CONFIG} -- {' '.join(TARGETS)}"
        ) as process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(3 + rng.random() * (latest - 3))
            outcome.points[f"{way}, it had ended" if process.poll() is not None else way] += 1
            end(process, way)
            present = {name: right[name] for name in project.contents() if name in right}
            compare(project, {f"results/{name}": content for name, content in present.items()}, outcome, way)
            assert project.snakemake("--unlock").returncode == 0
            if number % per_run == per_run - 1 or number == points - 1:
                project.make(*TARGETS)  # beside orphans, if there are any
                compare(project, {f"results/{name}": content for name, content in right.items()}, outcome,
                        f"the end after {way}", whole=True)  # fmt: skip
    return outcome


def end(process, way):
    """Kill a process or its group, and wait for what was killed."""
    number = signal.Signals[way.split()[0]]
    with suppress(ProcessLookupError):
        if way.endswith("alone"):
            os.kill(process.pid, number)  # its jobs live on, as after a closed terminal
        else:
            os.killpg(process.pid, number)
    process.wait(LIMIT)


def compare(project, right, outcome, when, *, whole=False):
    """Note artifacts that are not, byte for byte, what they must be; at the end (`whole`) also what lacks or
    is left over.
    """
    for name, content in right.items():
        path = project / name
        if path.is_file() and path.read_bytes() != content:
            outcome.wrong.append(f"{when}: {name} differs")
        if whole and not path.is_file():
            outcome.wrong.append(f"{when}: {name} is lost")
    if whole:
        left = [*project.scratch(), *(project / "results").rglob("*.tmp")]
        outcome.wrong += [f"{when}: {path} is left over" for path in left]


def kill_all(project, share, seed=0, jobs=tuple(JOBS), latest=15):
    """The outcome by target, `jobs` and Snakemake (killed within `latest` s), of a share of the table."""
    lines = project.shell_lines(*TARGETS)
    outcomes = {}
    for name in jobs:
        target = JOBS[name]
        line, points = lines[target.artifacts[0]], max(2, round(share * target.points))
        if "--detector" in line:  # small blocks, for more states between which to be killed
            line = line.replace(" --threads", " --block-size 7 --threads")
        outcomes[name] = kill_job(project, line, target, points, seed)
    outcomes["Snakemake"] = kill_run(project, max(2, round(share * RUN.points)), seed, latest)
    return outcomes


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--share", type=float, default=1.0, help="of the whole table")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcomes = kill_all(long_project(Path(folder) / "project"), args.share, args.seed)
    table = {name: {"points": dict(found.points), "wrong": found.wrong} for name, found in outcomes.items()}
    text = json.dumps(table, indent=1)
    print(text)
    if args.output:
        args.output.write_text(text + "\n")


if __name__ == "__main__":
    main()
