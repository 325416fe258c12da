"""What a run says at its end."""

import json
from collections import defaultdict
from pathlib import Path

from snakemake.jobs import Job
from snakemake.workflow import Workflow

from cobra.machine.progress import in_words


def summary(workflow: Workflow, began: float) -> str:
    """Jobs done and their time, on a device if they hold one, per rule; failures, each with the last line of
    its log. `began`: when the run did, in seconds since the epoch.
    """
    done = [job for job in workflow.dag.finished_jobs if job.output]
    failed = [
        job
        for entry in workflow.scheduler.failed
        for job in (entry.jobs if entry.is_group() else [entry])
    ]  # fmt: skip
    by_rule = defaultdict(list)
    for job in done:
        by_rule[job.rule.name].append(job)
    return "\n".join(
        [
            f"{len(done)} jobs done, {len(failed)} failed",
            *(_line(name, jobs, began) for name, jobs in sorted(by_rule.items())),
            *(f"  failed: {', '.join(job.output)}: {last_words(job)}" for job in failed),
        ]
    )


def _line(rule: str, jobs: list[Job], began: float) -> str:
    spent = in_words(sum(wall_seconds(job, began) for job in jobs))
    held = " on a device" if jobs[0].resources.get("gpu") else ""
    return f"  {len(jobs):5} {rule}: {spent}{held}"


def wall_seconds(job: Job, began: float) -> float:
    """A job's time: what it wrote in its run record, earlier starts included, else what Snakemake measured;
    none if the record is older than this run, for then it came from the between-workflow cache.
    """
    if "record" in job.output.keys():  # noqa: SIM118  no mapping
        record = Path(job.output.record)
        fresh = record.stat().st_mtime >= began
        return json.loads(record.read_text())["wall_seconds"] if fresh else 0
    rows = Path(job.benchmark).read_text().splitlines()[1:]
    return sum(float(row.split("\t")[0]) for row in rows)


def last_words(job: Job) -> str:
    """The last line of a job's log, which is its error's sentence; of none, that it left none."""
    texts = [Path(path).read_text() for path in job.log if Path(path).is_file()]
    lines = [line for text in texts for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it left no log"
