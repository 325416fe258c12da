"""How far a running job is, in a small JSON file beside its resumable state: for `cobra watch`, a dashboard.

The file says when it was written; whether its job still runs is asked of the folder's lock, which the kernel
frees with the process.
"""

import os
import platform
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cobra.locks import is_held
from cobra.settings.base import Section

NAME = "heartbeat.json"


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


def beating(
    folder: Path, subject: Mapping[str, str | int], work: str, device: str
) -> Callable[[dict[str, Any]], None]:
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
