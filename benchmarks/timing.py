"""Times of candidates that take turns, and their ratios."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from statistics import median

Round = Mapping[str, float]  # seconds of each candidate in one round


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
