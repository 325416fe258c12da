"""Why a table's figure is not there, as far as paths and logs tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ERROR = "error: "  # how a command's last words begin


@dataclass(frozen=True)
class Patterns:
    """Paths with {dataset}, {normal}, {method}, {seed}, {score}, {attack}: of score files, of verdicts, of
    the logs of preparing the data, and of the logs of training and attack.
    """

    scores: str
    gates: str | None = None
    data_logs: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()


def why_missing(patterns: Patterns, subject: Mapping[str, str | int]) -> str:
    """Of a score file that is not there: no data, failed, unfinished, or not run."""
    if "failed" in (_state(pattern, subject) for pattern in patterns.data_logs):
        return "no data"
    states = [_state(pattern, subject) for pattern in patterns.logs]
    return next((state for state in ("failed", "unfinished") if state in states), "not run")


def _state(pattern: str, subject: Mapping[str, str | int]) -> str:
    """How the job that wrote a log ended, or that there is none."""
    path = Path(pattern.format(**subject))
    if not path.is_file():
        return "not run"
    lines = [line for line in path.read_text(errors="replace").splitlines() if line.strip()]
    return "failed" if lines and lines[-1].startswith(ERROR) else "unfinished"
