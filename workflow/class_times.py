"""How long the jobs of run_classes.py may still take: from alike jobs that ended or are under way."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from class_jobs import Job

from cobra.circumstances import read_run_record
from cobra.durations import in_words
from cobra.heartbeat import Heartbeat, heartbeats

SCRATCH = Path(".scratch")  # where the commands keep their state unless told otherwise
TIMED = {"train_detector": ("method",), "attack_detector": ("score", "attack")}  # others take seconds


def outlook(jobs: Sequence[Job], left: Sequence[Job]) -> str:
    """How many jobs are left, and in about which time."""
    lengths = defaultdict(list)
    for job in jobs:
        seconds = length(job, is_left=job in left)
        if seconds:
            lengths[alike(job)].append(seconds)
    expected = [remaining(job, lengths[alike(job)]) for job in left if job.rule in TIMED]
    known = [seconds for seconds in expected if seconds is not None]
    unknown = expected.count(None)
    told = [f"about {in_words(sum(known))}"] if known else []
    told += [f"{unknown} of unknown length"] if unknown else []
    return f"left: {len(left)} jobs, {' and '.join(told) or 'which take seconds'}"


def alike(job: Job) -> tuple[str | int, ...]:
    """What the time of a job depends on, roughly."""
    return (job.rule, *(job.subject[name] for name in TIMED.get(job.rule, ())))


def length(job: Job, *, is_left: bool) -> float | None:
    """Seconds that a job took in all its starts or, where it is under way, may take."""
    if not is_left:
        return read_run_record(job.artifact).get("wall_seconds")
    beat = heartbeat_of(job)
    if beat is None or beat.seconds_left is None or not beat.total or beat.done == beat.total:
        return None
    return beat.seconds_left * beat.total / (beat.total - beat.done)


def remaining(job: Job, lengths: Sequence[float]) -> float | None:
    """Seconds that a job may still take; None if nothing tells."""
    if not lengths:
        return None
    beat = heartbeat_of(job)
    share = 1.0 if beat is None or not beat.total else 1 - beat.done / beat.total
    return mean(lengths) * share


def heartbeat_of(job: Job) -> Heartbeat | None:
    """The last word of a job that is under way."""
    beats = [beat for beat, _ in heartbeats(SCRATCH) if beat.subject == job.subject]
    return max(beats, key=lambda beat: beat.written, default=None)
