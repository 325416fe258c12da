"""When the tables of a configuration would be complete on 1, 4 and 8 GPUs, and how busy the GPUs are.

    python -m benchmarks.studies.schedule --configfile config/gpu_day.yaml --gpus 1 4 8 \
        --assume benchmarks/rates/h100_assumed.json --picture gantt.png

The jobs are those that Snakemake would run now, with the times that `make why` predicts. They are scheduled
as by Snakemake's greedy scheduler: whenever a job ends, of those that could start and fit the one with the
highest priority starts, and so on. Among equals the first of the plan starts, where Snakemake takes the one
that reads most. Jobs of unknown time count as a start-up. Nothing runs.
"""

import heapq
from argparse import Namespace
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.patches import Patch

from benchmarks.lib import harness
from cobra.machine import options, script
from cobra.machine.progress import in_words
from workflow.commands.cost import START_UP, Forecaster
from workflow.commands.hours import Planned, plan_of, tables_of
from workflow.commands.plan import planned

COLOURS = {"train_detector": "#4477aa", "attack_detector": "#ee6677", "sweep_detector": "#ccbb44"}
OTHERS = "#bbbbbb"
CORES = 16  # of the CPU, for each GPU


@dataclass(frozen=True)
class Slot:
    """When the job at `place` of a plan runs, in seconds, and on which GPU (None: on none)."""

    place: int
    start: float
    end: float
    gpu: int | None


def main() -> None:
    parser = harness.parser(__doc__, computes=False)
    parser.add_argument("--configfile", type=options.path, required=True, help="configuration")
    parser.add_argument(
        "--assume", type=options.path, help="rates of the device (JSON); left out: measured here"
    )
    parser.add_argument("--gpus", type=options.positive, nargs="+", default=[1, 4, 8], help="numbers of GPUs")
    parser.add_argument("--cores", type=options.positive, help=f"of the CPU; default: {CORES} per GPU")
    parser.add_argument("--picture", type=options.output, help="PNG or SVG file for the Gantt picture")
    parser.add_argument("--no-priorities", action="store_true", help="as if no rule had a priority")
    args: Namespace = parser.parse_args()
    with planned([args.configfile]) as dag:
        names = dag.workflow.globals
        plan = plan_of(dag, Forecaster(names, args.assume))
        tables = tables_of(names, plan)
    if args.no_priorities:
        plan = [job._replace(priority=0.0) for job in plan]
    schedules = {gpus: simulated(plan, gpus, args.cores or CORES * gpus) for gpus in args.gpus}
    rows = [row(plan, slots, gpus, tables) for gpus, slots in schedules.items()]
    unknown = sum(job.forecast.seconds is None for job in plan)
    bases = sorted({job.forecast.basis for job in plan if job.forecast.on_device})
    notes = [
        f"times {'; '.join(bases)}",
        f"{unknown} jobs of unknown time count as {seconds_of(None)} s each",
    ]
    title = f"The schedule of {args.configfile.name}, {len(plan)} jobs, simulated"
    text = harness.markdown(title, {"code": harness.code()}, map(cells, rows), notes)
    harness.publish(args.output, rows, text)
    if args.picture:
        draw(plan, schedules, tables, args.picture)


def simulated(plan: Sequence[Planned], gpus: int, cores: int) -> list[Slot]:
    """When each job of the plan runs on so many GPUs and cores; a job of more cores takes all."""
    waiting = {place: set(job.after) for place, job in enumerate(plan)}
    running: list[tuple[float, int, Slot]] = []  # by their ends
    free, free_cores, now = list(range(gpus)), cores, 0.0
    slots: list[Slot] = []
    while waiting or running:
        ready = sorted(
            (place for place, after in waiting.items() if not after), key=lambda p: (-plan[p].priority, p)
        )
        for place in ready:
            job = plan[place]
            if min(job.cores, cores) > free_cores or (job.gpus and not free):
                continue
            gpu = heapq.heappop(free) if job.gpus else None
            slot = Slot(place, now, now + seconds_of(job), gpu)
            free_cores -= min(job.cores, cores)
            del waiting[place]
            slots.append(slot)
            heapq.heappush(running, (slot.end, place, slot))
        now, place, ended = heapq.heappop(running)
        free_cores += min(plan[place].cores, cores)
        if ended.gpu is not None:
            heapq.heappush(free, ended.gpu)
        for after in waiting.values():
            after.discard(place)
    return slots


def seconds_of(job: Planned | None) -> float:
    """The typical seconds of a job; of one that nobody knows those of a start-up."""
    seconds = START_UP if job is None else job.forecast.seconds or START_UP
    return seconds.typical


def busy_share(slots: Iterable[Slot], gpus: int) -> float:
    """The share of the GPUs' time in which they work, from the start to the end of the last job on one."""
    on_gpu = [slot for slot in slots if slot.gpu is not None]
    whole = gpus * max((slot.end for slot in on_gpu), default=0.0)
    return sum(slot.end - slot.start for slot in on_gpu) / whole if whole else 0.0


def row(
    plan: Sequence[Planned], slots: Sequence[Slot], gpus: int, tables: dict[str, set[int]]
) -> dict[str, Any]:
    """What a schedule comes to: seconds in all, the share busy, and when each table is complete."""
    ends = {slot.place: slot.end for slot in slots}
    complete = {name: max(ends[place] for place in places) for name, places in tables.items()}
    return {
        "gpus": gpus,
        "seconds": max(ends.values(), default=0.0),
        "busy": busy_share(slots, gpus),
        "longest_job": max(map(seconds_of, plan), default=0.0),
        "tables": dict(sorted(complete.items(), key=lambda item: item[1])),
    }


def cells(its: dict[str, Any]) -> dict[str, str]:
    return {
        "GPUs": str(its["gpus"]),
        "in all": in_words(its["seconds"]),
        "busy": f"{its['busy']:.1%}",
        "longest job": in_words(its["longest_job"]),
        "tables complete after": ", ".join(f"{name} {in_words(at)}" for name, at in its["tables"].items()),
    }


def draw(
    plan: Sequence[Planned], schedules: dict[int, list[Slot]], tables: dict[str, set[int]], path: Path
) -> None:
    """A Gantt chart per number of GPUs: a lane per GPU, a bar per job, a line where a table is complete."""
    heights = [gpus + 2 for gpus in schedules]
    figure, axes = plt.subplots(
        len(schedules), 1, figsize=(11, 0.35 * sum(heights) + 1), squeeze=False, height_ratios=heights
    )
    for ax, (gpus, slots) in zip(axes[:, 0], schedules.items(), strict=True):
        for slot in slots:
            if slot.gpu is not None:
                colour = COLOURS.get(plan[slot.place].rule, OTHERS)
                hours = slot.start / 3600, (slot.end - slot.start) / 3600
                ax.barh(slot.gpu, hours[1], left=hours[0], color=colour, edgecolor="white", linewidth=0.2)
        its = row(plan, slots, gpus, tables)
        for number, (name, at) in enumerate(its["tables"].items()):
            ax.axvline(at / 3600, color="black", linewidth=0.8)
            ax.text(at / 3600, gpus - 0.3 + 0.4 * (number % 2), name, ha="right", va="bottom", fontsize=8)
        ax.set_ylim(-0.6, gpus + 0.9)
        ax.set_xlim(0, 1.02 * its["seconds"] / 3600)
        ax.set_yticks(range(gpus), [str(gpu) for gpu in range(gpus)])
        ax.set_ylabel("GPU")
        ax.set_title(f"{gpus} GPU{'s' * (gpus > 1)}: busy {its['busy']:.1%}", loc="left", fontsize=9)
    axes[-1, 0].set_xlabel("hours")
    shown = {plan[slot.place].rule for slots in schedules.values() for slot in slots if slot.gpu is not None}
    patches = [Patch(color=COLOURS.get(rule, OTHERS), label=rule) for rule in sorted(shown)]
    axes[0, 0].legend(
        handles=patches, loc="lower right", bbox_to_anchor=(1, 1), ncols=3, fontsize=8, frameon=False
    )
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    script.run(main)
