"""A line for a whole run: what is done and what is left, how long still, the next table; runs nothing.

python -m workflow.commands.progress [--configfile CONFIG] [TARGET ...]
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from snakemake.dag import DAG

from cobra.experiment.cost import Estimate
from cobra.machine import options, script
from cobra.machine.progress import Heartbeat, heartbeats, in_words
from workflow.commands.cost import Forecaster
from workflow.commands.hours import Planned, plan_of, said, tables_of, total
from workflow.commands.plan import planned


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--configfile", type=options.path, help="configuration file; left out: the demo's")
    script.add_scratch(parser)
    parser.add_argument(
        "targets", nargs="*", help="files or rules; left out: all that the configuration names"
    )
    args = parser.parse_args()
    with planned([args.configfile] if args.configfile else [], args.targets) as dag:
        print(whole_run(dag, [beat for beat, alive in heartbeats(args.scratch) if alive]))


def whole_run(dag: DAG, beats: Iterable[Heartbeat]) -> str:
    """The line; its times are those of jobs of the same size that have run, as in `make why`."""
    names, jobs = dag.workflow.globals, sum(bool(job.output) for job in dag.jobs)
    plan = plan_of(dag, Forecaster(names))
    if not plan:
        return f"all {jobs} jobs done"
    left, running = remaining(plan, beats, datetime.now().astimezone())
    counts = f"{jobs - len(plan)} of {jobs} jobs done, {running} running, {len(plan) - running} waiting"
    return "; ".join([counts, *times(left, max(running, 1), tables_of(names, plan), datetime.now())])


def remaining(
    plan: Sequence[Planned], beats: Iterable[Heartbeat], now: datetime
) -> tuple[list[Planned], int]:
    """The plan with what is left of the jobs that run, by their own account where they give one; how many."""
    running = {frozenset((key, str(value)) for key, value in beat.subject.items()): beat for beat in beats}
    left = list(plan)
    for number, job in enumerate(plan):
        beat = running.get(job.subject)
        if beat is not None and beat.seconds_left is not None:
            seconds = max(0.0, beat.seconds_left - (now - beat.written).total_seconds())
            left[number] = job._replace(forecast=replace(job.forecast, seconds=Estimate.exactly(seconds)))
    return left, sum(job.subject in running for job in plan)


def times(
    left: Sequence[Planned], at_once: int, tables: Mapping[str, set[int]], now: datetime
) -> Iterable[str]:
    """How long still, until when, and the same of the configuration's first table that is not done."""
    share = 1 / at_once
    whole = total(left).times(share)
    ends = now + timedelta(seconds=whole.typical)
    yield f"{said(whole)} left with {at_once} at once, until about {ends:%a %H:%M}"
    for name, places in list(tables.items())[:1]:
        its = total(left[place] for place in places).times(share)
        yield f"next table: {name}, {len(places)} jobs, {in_words(its.typical)}"
    if unknown := sum(job.forecast.seconds is None for job in left):
        yield f"not counted: {unknown} jobs of kinds that have not run here yet"


if __name__ == "__main__":
    script.run(main)
