"""What a run says at its end."""

import time
from collections import defaultdict

from cobra.durations import in_words

BEGAN = time.time()


def summary():
    """Jobs done and their time, on a device if they hold one, per rule; failures, each with its log's last line."""
    done = [job for job in workflow.dag.finished_jobs if job.output]
    failed = [
        job
        for entry in workflow.scheduler.failed
        for job in (entry.jobs if entry.is_group() else [entry])
    ]
    lines = [f"{len(done)} jobs done, {len(failed)} failed"]
    by_rule = defaultdict(list)
    for job in done:
        by_rule[job.rule.name].append(job)
    for name, alike in sorted(by_rule.items()):
        spent = in_words(sum(map(wall_seconds, alike)))
        held = " on a device" if alike[0].resources.get("gpu") else ""
        lines.append(f"  {len(alike):5} {name}: {spent}{held}")
    lines += [f"  failed: {', '.join(job.output)}: {last_words(job)}" for job in failed]
    return "\n".join(lines)


def wall_seconds(job):
    """A job's time: what it wrote in its run record, earlier starts included, else what Snakemake measured;
    none if the record is older than this run, for then it came from the between-workflow cache.
    """
    if "record" in job.output.keys():
        record = Path(job.output.record)
        fresh = record.stat().st_mtime >= BEGAN
        return json.loads(record.read_text())["wall_seconds"] if fresh else 0
    rows = Path(job.benchmark).read_text().splitlines()[1:]
    return sum(float(row.split("\t")[0]) for row in rows)


def last_words(job):
    """The last line of a job's log, which is its error's sentence; of none, that it left none."""
    texts = [Path(path).read_text() for path in job.log if Path(path).is_file()]
    lines = [line for text in texts for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it left no log"
