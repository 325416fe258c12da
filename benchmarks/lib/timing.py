"""Times of candidates that take turns, and their ratios within a round."""

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

import torch

Clock = Callable[[], float]


def clock_of(device: torch.device) -> Clock:
    """A clock that is read once the device has done its work."""

    def read() -> float:
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter()

    return read


def timed(run: Callable[[], object], clock: Clock = time.perf_counter) -> float:
    """Seconds of one run."""
    began = clock()
    run()
    return clock() - began


def fastest(run: Callable[[], object], clock: Clock, least: float) -> float:
    """Seconds of the fastest of at least three runs that take `least` seconds together, after a first one."""
    run()
    seconds: list[float] = []
    while len(seconds) < 3 or sum(seconds) < least:
        seconds.append(timed(run, clock))
    return min(seconds)


def in_rounds(turns: Mapping[str, Callable[[], float]], rounds: int) -> list[dict[str, float]]:
    """Seconds of each candidate in each round, in which all have one turn; each round begins with the next.
    What slows the machine for longer than a round slows all, so that ratios within a round hold.
    """
    names = list(turns)
    firsts = [number % len(names) for number in range(rounds)]
    return [{name: turns[name]() for name in names[first:] + names[:first]} for first in firsts]


def compared(
    rounds: Sequence[Mapping[str, float]], baseline: str, units: int = 1
) -> dict[str, dict[str, float]]:
    """Of each candidate the median seconds per unit, and of its time over the baseline's median and range."""
    found = {}
    for name in rounds[0]:
        ratios = [its[name] / its[baseline] for its in rounds]
        seconds = median(its[name] for its in rounds) / units
        found[name] = {
            "seconds": seconds, "ratio": median(ratios), "least": min(ratios), "most": max(ratios)
        }  # fmt: skip
    return found


def ratio_cell(its: Mapping[str, Any]) -> str:
    """A candidate's time over the baseline's as a cell of a table."""
    return f"{its['ratio']:.2f} ({its['least']:.2f} to {its['most']:.2f})"


def speed_cell(speeds: Sequence[float]) -> str:
    """Speeds of several rounds as a cell of a table: median and range."""
    return f"{median(speeds):.0f} ({min(speeds):.0f} to {max(speeds):.0f})"
