"""Jobs run one after another until a time, for run_classes.py."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from class_jobs import Job
from class_times import SCRATCH, heartbeat_of, outlook

from cobra import allocation
from cobra.durations import in_words
from cobra.errors import UserError

RESERVE = 20.0  # seconds that a job is given to leave; of a short piece a tenth


@dataclass(frozen=True)
class Piece:
    """A stretch of time that ends `seconds` after `began` (time.monotonic)."""

    began: float
    seconds: float
    device: str = "auto"
    block_size: int | None = None

    @property
    def reserve(self) -> float:
        """Seconds kept for stopping."""
        return min(RESERVE, self.seconds / 10)

    @property
    def left(self) -> float:
        """Seconds until a job must be told to stop."""
        return self.began + self.seconds - self.reserve - time.monotonic()

    def run(self, todo: Sequence[Job]) -> tuple[list[Job], Job | None]:
        """The jobs that ended, and the one that was stopped, if one was."""
        done: list[Job] = []
        for job in todo:
            if self.left < self.reserve:  # it would only start
                break
            if not self.ended(job, whole=not done):
                return done, job
            done.append(job)
        return done, None

    def ended(self, job: Job, *, whole: bool) -> bool:
        """Run a job; False if time was out first. Raises UserError if it failed or, with the whole piece to
        itself, saved nothing to continue from: calling again would never end.
        """
        job.log.parent.mkdir(parents=True, exist_ok=True)
        began, timed_out = time.time(), False
        command = [*job.command, *self.options(job)]
        with job.log.open("wb") as log, started(command, log, self.reserve) as process:
            try:
                process.wait(max(0.0, self.left))
            except subprocess.TimeoutExpired:
                timed_out = True
        if process.returncode and not timed_out:
            raise UserError(f"{job.artifact} failed: {last_words(job.log)}")
        if process.returncode and whole and not saved_since(began):
            raise UserError(
                f"{job.artifact} saved nothing in {in_words(self.seconds)}, so that the next call "
                "would begin anew: give more --minutes or, for an attack, a smaller --block-size."
            )
        return process.returncode == 0

    def options(self, job: Job) -> list[str]:
        """How this machine computes; no result depends on it beyond rounding."""
        if job.rule == "prepare_dataset":
            return []
        size = [] if self.block_size is None else ["--block-size", str(self.block_size)]
        return ["--device", self.device, *(size if job.rule == "attack_detector" else [])]


@contextmanager
def started(command: list[str], log: IO[bytes], patience: float) -> Iterator["subprocess.Popen[bytes]"]:
    """A job at work. However the block ends, it is asked to stop, and after most of `patience` made to."""
    path = os.pathsep.join(filter(None, [str(Path.cwd()), os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(  # noqa: S603 -- our own scripts
        [sys.executable, *command],
        stderr=log,
        env=allocation.ENVIRONMENT | os.environ | {"PYTHONPATH": path},
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(patience * 0.8)
        except subprocess.TimeoutExpired:
            process.kill()  # files are whole or absent, whatever ends it
            process.wait()


def saved_since(moment: float) -> bool:
    """Whether any job's state was written since then (time.time)."""
    return any(path.stat().st_mtime >= moment for path in SCRATCH.glob("*/*.pt"))


def last_words(log: Path) -> str:
    """The last line of a log, which is its error's sentence."""
    lines = [line for line in log.read_text().splitlines() if line.strip()]
    return lines[-1].strip() if lines else f"{log} is empty"


def told(jobs: Sequence[Job], todo: Sequence[Job], done: Sequence[Job], stopped: Job | None) -> str:
    """One line: how many of all jobs are done, what was stopped, how long the rest may take."""
    left = [job for job in todo if job not in done]
    said = f"{len(jobs) - len(left)} of {len(jobs)} jobs done, {len(done)} of them now"
    if stopped is not None:
        beat = heartbeat_of(stopped)
        far = f" after {beat.done} of {beat.total} ({beat.work})" if beat else ""
        said += f"; stopped: {stopped.artifact}{far}"
    return f"{said}; {outlook(jobs, left)}" if left else said
