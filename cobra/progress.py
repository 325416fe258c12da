"""The progress line of long work."""

from collections.abc import Callable
from typing import Any, NoReturn

from tqdm import tqdm

TERMINAL, FILE = 2, 5  # seconds between two lines at least


class _Line(tqdm):  # type: ignore[type-arg]
    """A line that overwrites itself in a terminal; in a file, a log, it is written anew each time."""

    on_display: Callable[[dict[str, Any]], None] | None = None

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        super().display(msg, pos)
        if self.on_display is not None:
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
    on_display: Callable[[dict[str, Any]], None] | None = None,
) -> "tqdm[NoReturn]":
    """A progress line (rate, time left) on standard error, every few seconds; call its update().

    Without a `total` it shows how much is done; with the unit "B" it counts bytes. `on_display` is told what
    each line shows (`n`, `total`, `rate`, ...).
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
    if on_display is not None:
        line.on_display = on_display
        on_display(dict(line.format_dict))  # of the first line, which tqdm has shown already
    return line
