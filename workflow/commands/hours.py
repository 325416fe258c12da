"""Hours of a plan: by rule, by table with all that it rests on, by target, in all."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from snakemake.dag import DAG

from cobra.experiment.cost import NOTHING, Estimate
from cobra.machine.progress import in_words
from workflow.commands.cost import RECORDED, Forecast, Forecaster

ALIKE = 1.05  # the end of a range over its beginning from which on the range is told


class Planned(NamedTuple):
    """A job that would run; `after` are the places in the plan of those that must be done before it,
    `subject` its wildcards, as a heartbeat has them.
    """

    name: str
    rule: str
    trained: tuple[str, str]
    priority: float
    gpus: int
    cores: int
    forecast: Forecast
    after: frozenset[int]
    subject: frozenset[tuple[str, str]] = frozenset()


def plan_of(dag: DAG, forecaster: Forecaster) -> list[Planned]:
    """The jobs that would run, by the names of their files, with forecasts."""
    jobs = sorted((job for job in dag.needrun_jobs() if job.output), key=lambda job: str(job.output[0]))
    place = {job: number for number, job in enumerate(jobs)}
    return [
        Planned(
            name=str(job.output[0]),
            rule=job.rule.name,
            trained=(job.wildcards.get("dataset", ""), job.wildcards.get("method", "")),
            priority=float(job.rule.expand_priority(job.wildcards, job.input, 1)),
            gpus=int(job.resources.get("gpu", 0)),
            cores=int(job.threads),
            forecast=forecaster.forecast(job),
            after=frozenset(place[other] for other in dag.dependencies[job] if other in place),
            subject=frozenset(job.wildcards.items()),
        )
        for job in jobs
    ]


def prediction(dag: DAG, assume: Path | None, targets: Sequence[str] = ()) -> Iterator[str]:
    """The hours of a plan, line by line, and how they were come by."""
    names = dag.workflow.globals
    forecaster = Forecaster(names, assume)
    plan = plan_of(dag, forecaster)
    yield "\nhow long, one job after another:"
    yield from by_rule(plan)
    yield from by_part("table", tables_of(names, plan), plan)
    if len(targets) > 1:
        yield from by_part("target", targets_of(dag, plan), plan)
    measured = {
        job.trained for job in plan if job.rule == "train_detector" and job.forecast.basis != RECORDED
    }
    if measured:
        yield "\nmemory:"
        yield from forecaster.memory(sorted(measured))


def by_rule(plan: Sequence[Planned]) -> Iterator[str]:
    """A line per rule, and one for all that computes on a device."""
    rules: dict[str, list[Planned]] = defaultdict(list)
    for job in plan:
        rules[job.rule].append(job)
    for rule, jobs in sorted(rules.items()):
        bases = ", ".join(sorted({job.forecast.basis for job in jobs}))
        known = any(job.forecast.seconds for job in jobs)
        yield f"  {said(total(jobs)) if known else '?':>8} {rule} ({bases})"
    yield f"  {said(total(job for job in plan if job.forecast.on_device)):>8} of it on a device"


def tables_of(names: Mapping[str, object], plan: Sequence[Planned]) -> dict[str, set[int]]:
    """By table, in the configuration's order, the places of all jobs that it rests on."""
    places = {job.name: number for number, job in enumerate(plan)}
    paths = {name: names["paths"].table.format(table=name) for name in names["CONFIG"].tables}  # type: ignore[attr-defined]
    return {name: below(plan, [places[path]]) for name, path in paths.items() if path in places}


def targets_of(dag: DAG, plan: Sequence[Planned]) -> dict[str, set[int]]:
    """By target the places of all jobs that it rests on."""
    places = {job.name: number for number, job in enumerate(plan)}
    found = {}
    for job in dag.targetjobs:
        ends = (
            [str(job.output[0])] if job.output else [str(other.output[0]) for other in dag.dependencies[job]]
        )
        name = ends[0] if job.output else job.rule.name
        found[name] = below(plan, [places[end] for end in ends if end in places])
    return found


def by_part(kind: str, parts: Mapping[str, set[int]], plan: Sequence[Planned]) -> Iterator[str]:
    """A line per part of the plan: its hours, and, where jobs are in parts before it, what it adds."""
    if not parts:
        return
    yield f"\nby {kind}, with all that it rests on:"
    counted: set[int] = set()
    for name, jobs in parts.items():
        whole, added = (total(plan[number] for number in some) for some in (jobs, jobs - counted))
        shared = f", {said(added)} more than the {kind}s above" if jobs & counted else ""
        yield f"  {said(whole):>8} {name}{shared}"
        counted |= jobs
    yield f"  {said(total(plan)):>8} in all"


def below(plan: Sequence[Planned], places: Iterable[int]) -> set[int]:
    """The places of jobs and of all that must be done before them."""
    found: set[int] = set()
    waiting = list(places)
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            waiting += plan[place].after
    return found


def total(jobs: Iterable[Planned]) -> Estimate:
    """Seconds of jobs one after another; those that nobody knows are left out."""
    found = NOTHING
    for job in jobs:
        found += job.forecast.seconds or NOTHING
    return found


def said(seconds: Estimate) -> str:
    """Seconds in words, with their range where there is one."""
    if seconds.high <= seconds.low * ALIKE:
        return in_words(seconds.typical)
    return f"{in_words(seconds.typical)} ({in_words(seconds.low)} to {in_words(seconds.high)})"
