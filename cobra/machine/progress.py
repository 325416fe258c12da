"""The progress line of long work, and the heartbeat file that `cobra watch` and dashboards read.

The file says when it was written; whether its job still runs is asked of the folder's lock, which the
kernel frees with the process.
"""

import os
import platform
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError
from tqdm import tqdm

from cobra.machine.locks import is_held
from cobra.settings.section import Section

TERMINAL, FILE = 2, 5  # seconds between two lines at least
NAME = "heartbeat.json"
Listener = Callable[[dict[str, Any]], None]  # to what tqdm shows: n, total, rate, ...


def in_words(seconds: float) -> str:
    """Seconds, minutes or hours, as `4.2 min`."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


class _Line(tqdm):  # type: ignore[type-arg]
    """A line that overwrites itself in a terminal; in a file, a log, it is written anew each time."""

    on_display: Listener | None = None

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        super().display(msg, pos)
        if self.on_display:
            self.on_display(dict(self.format_dict))

    @staticmethod
    def status_printer(file: Any) -> Callable[[str], None]:
        if file.isatty():
            return tqdm.status_printer(file)

        def print_line(text: str) -> None:
            if text.strip():
                print(text.strip(), file=file, flush=True)

        return print_line


def progress(
    what: str,
    total: int | None,
    done: int = 0,
    *,
    unit: str = "it",
    on_display: Listener | None = None,
) -> "tqdm[NoReturn]":
    """A progress line (rate, time left) on standard error, every few seconds; call its update().

    Without a `total` it shows how much is done; with the unit "B" it counts bytes. `on_display` is told what
    each line shows.
    """
    line = _Line(
        None,
        what,
        total,
        initial=done,
        unit=unit,
        unit_scale=unit == "B",
        unit_divisor=1024,
        mininterval=TERMINAL,
        miniters=1,
        dynamic_ncols=True,
    )
    if not line.fp.isatty():
        line.mininterval = FILE
    if on_display:
        line.on_display = on_display
        on_display(dict(line.format_dict))  # of the first line, which tqdm has shown already
    return line


class Heartbeat(Section):
    """What `work` ("training, epochs") on `subject` has done of `total`, `seconds_left` at the rate of this
    start; None before there is one.
    """

    subject: dict[str, str | int]
    work: str
    done: int
    total: int | None
    seconds_left: float | None
    device: str
    host: str
    pid: int
    written: datetime


def beating(folder: Path, subject: Mapping[str, str | int], work: str, device: str) -> Listener:
    """A listener for `progress` that keeps the heartbeat in `folder`."""

    def beat(shown: dict[str, Any]) -> None:
        beat = Heartbeat(
            subject=dict(subject),
            work=work,
            done=shown["n"],
            total=shown["total"],
            seconds_left=_seconds_left(shown),
            device=device,
            host=platform.node(),
            pid=os.getpid(),
            written=datetime.now(UTC),
        )
        temporary = folder / f".{NAME}.tmp"
        with suppress(OSError):  # a full disk, say: the work goes on, and what must be saved will say so
            temporary.write_text(beat.model_dump_json() + "\n")
            temporary.replace(folder / NAME)

    return beat


def _seconds_left(shown: dict[str, Any]) -> float | None:
    done_here = shown["n"] - shown["initial"]
    if shown["total"] is None or done_here <= 0:
        return None
    return round((shown["total"] - shown["n"]) * shown["elapsed"] / done_here, 1)


def heartbeats(root: Path) -> list[tuple[Heartbeat, bool]]:
    """All heartbeats below the folder of resumable state, and whether each one's job still runs."""
    found = []
    for path in sorted(root.glob(f"*/{NAME}")):
        try:
            beat = Heartbeat.model_validate_json(path.read_bytes())
        except (FileNotFoundError, ValidationError):
            continue  # its job ended meanwhile, or was killed by a full disk
        found.append((beat, is_held(path.parent)))
    return found
