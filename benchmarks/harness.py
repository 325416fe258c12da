"""What the benchmarks share: timing in turns, a machine in words, peak memory, JSON and Markdown."""

import argparse
import json
import multiprocessing
import os
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import torch
from tabulate import tabulate

from cobra import allocation
from cobra.artifacts import write_bytes
from cobra.errors import UserError
from cobra.origin import commit_in_words, git_state
from cobra.runtime import describe_device

ROOT = Path(__file__).resolve().parent.parent
STATUS = Path("/proc/self/status")

Round = Mapping[str, float]  # seconds of each candidate in one round


def parser(description: str | None) -> argparse.ArgumentParser:
    """A benchmark's parser with the options that all have."""
    made = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    made.add_argument("--device", default="auto", help="cpu, cuda, cuda:1 ...; auto: CUDA where there is one")
    made.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="CPU threads; left out: all")
    made.add_argument("--output", type=Path, help="JSON file to write; the table goes beside it as .md")
    return made


def in_turns(names: Sequence[str], turn: int) -> list[str]:
    """The names in the order of round `turn`: each round begins with the next one."""
    first = turn % len(names)
    return [*names[first:], *names[:first]]


def in_rounds(turns: Mapping[str, Callable[[], float]], rounds: int) -> list[dict[str, float]]:
    """Seconds of each candidate's turn in each round: within a round all have one, one after the other.

    What slows the machine for longer than a round slows all, so that ratios within a round hold on a busy
    machine, too.
    """
    return [{name: turns[name]() for name in in_turns(list(turns), number)} for number in range(rounds)]


def paired(
    candidates: Mapping[str, Callable[[], object]],
    rounds: int,
    *,
    wait: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.perf_counter,
) -> list[dict[str, float]]:
    """Seconds of each candidate of this process in each round. `wait` returns once the device is done."""
    return in_rounds({name: partial(timed, run, wait, clock) for name, run in candidates.items()}, rounds)


def timed(
    run: Callable[[], object],
    wait: Callable[[], None] = lambda: None,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Seconds of one run."""
    wait()
    began = clock()
    run()
    wait()
    return clock() - began


def seconds_each(
    run: Callable[[], object],
    wait: Callable[[], None] = lambda: None,
    *,
    least: float = 0.2,
    rounds: int = 3,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Seconds of one run, the least over `rounds` of as many runs in a row as take `least` seconds: the
    device is waited for once a round, so that starting it counts as little as in a long job.
    """
    run()  # sets the machine up
    repeats, took = 1, timed(run, wait, clock)
    while took < least:
        repeats *= 2
        took = timed(_repeated(run, repeats), wait, clock)
    again = [timed(_repeated(run, repeats), wait, clock) for _ in range(rounds - 1)]
    return min([took, *again]) / repeats


def _repeated(run: Callable[[], object], times: int) -> Callable[[], None]:
    def runs() -> None:
        for _ in range(times):
            run()

    return runs


@dataclass(frozen=True)
class Compared:
    """A candidate over all rounds: the median of its seconds per unit of work, and of its time over the
    baseline's in the same round the median and the range. A ratio of 2 is twice the baseline's time.
    """

    seconds: float
    ratio: float
    least: float
    most: float


def compared(rounds: Sequence[Round], baseline: str, units: int) -> dict[str, Compared]:
    """Each candidate against `baseline`, where a run does `units` of work."""
    found = {}
    for name in rounds[0]:
        ratios = [its[name] / its[baseline] for its in rounds]
        seconds = median(its[name] for its in rounds) / units
        found[name] = Compared(seconds, median(ratios), min(ratios), max(ratios))
    return found


def as_rows(found: Mapping[str, Compared]) -> dict[str, dict[str, float]]:
    """The same for JSON."""
    return {name: asdict(its) for name, its in found.items()}


def machine(device: torch.device) -> dict[str, Any]:
    """Where a measurement is made, and how busy that was before it (`load`: runnable processes, 1 minute)."""
    return {
        "device": describe_device(device),
        "processor": describe_device(torch.device("cpu")),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": round(os.getloadavg()[0], 2),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "dtype": str(torch.get_default_dtype()).removeprefix("torch."),
        "tf32_convolutions": torch.backends.cudnn.allow_tf32 if device.type == "cuda" else False,
        "code": commit_in_words(*git_state(ROOT)),
    }


def wait_for(device: torch.device) -> Callable[[], None]:
    """A function that returns once the device is idle."""
    return lambda: torch.cuda.synchronize(device) if device.type == "cuda" else None


def peak_memory(device: torch.device) -> dict[str, int]:
    """MiB that this process has held at most so far, in the machine's memory and in the GPU's.

    From /proc, for what getrusage calls the maximum a process inherits from the one that started it.
    """
    if not STATUS.is_file():
        raise UserError(f"{STATUS} does not exist: measure memory on Linux.")
    lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    found = {"peak_mib": int(lines["VmHWM"].split()[0]) >> 10}
    if device.type == "cuda":
        found["gpu_peak_mib"] = torch.cuda.max_memory_allocated(device) >> 20
    return found


def memory_cells(measured: Mapping[str, Any]) -> dict[str, str]:
    """Peak memory for people; the GPU's where there was one."""
    names = {"peak_mib": "peak memory", "gpu_peak_mib": "peak memory of the GPU"}
    return {title: f"{measured[name]:,} MiB" for name, title in names.items() if name in measured}


@contextmanager
def own_process(as_job: bool = True) -> Iterator[Callable[..., Any]]:
    """Calls functions in one process of their own, which keeps its memory as a job of the workflow does
    (cobra/allocation.py), or else as any process.
    """
    wanted = allocation.ENVIRONMENT if as_job else dict.fromkeys(allocation.ENVIRONMENT)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        with environment(wanted):
            pool.submit(os.getpid).result()  # starts it
        yield lambda work, *arguments: pool.submit(work, *arguments).result()


@contextmanager
def environment(wanted: Mapping[str, str | None]) -> Iterator[None]:
    """These variables for whatever is started meanwhile, those that are None unset."""
    before = dict(os.environ)
    os.environ.update({name: value for name, value in wanted.items() if value is not None})
    for name in (name for name, value in wanted.items() if value is None):
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def in_fresh_process(work: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """What `work` gives in a process of its own, whose memory nothing before it has raised."""
    with own_process() as run:
        return run(work, *arguments)


def markdown(
    title: str, where: Mapping[str, Any], rows: Iterable[Mapping[str, str]], notes: Iterable[str]
) -> str:
    """A heading, the machine in a line if there is one, a pipe table and the notes as a list."""
    line = ", ".join(f"{name} {value}" for name, value in where.items())
    table = tabulate(list(rows), headers="keys", tablefmt="pipe", disable_numparse=True)
    listed = "\n".join(f"- {note}" for note in notes)
    return "\n\n".join(filter(None, [f"## {title}", line, table, listed])) + "\n"


def publish(output: Path | None, result: Mapping[str, Any], text: str) -> None:
    """Print the tables and, if a file is named, write `result` there and the tables beside it."""
    print(text)
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(output, (json.dumps(result, indent=1) + "\n").encode())
        write_bytes(output.with_suffix(".md"), text.encode())
