"""What the commands in scripts/ share: options, and errors for people."""

import argparse
import atexit
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from cobra.errors import UserError, is_out_of_memory, what_helps
from cobra.machine import options


def parser(description: str | None, *, settings: bool = True) -> argparse.ArgumentParser:
    """A command's parser with the option that nearly all have: its settings as one JSON object."""
    made = argparse.ArgumentParser(description=description)
    if settings:
        made.add_argument(
            "--settings", default="{}", help="settings as a JSON object; defaults where left out"
        )
    return made


def add_subject(made: argparse.ArgumentParser, *names: str) -> None:
    """Options that name what the artifact is about."""
    for name in names:
        made.add_argument(f"--{name}", required=True, type=options.seed if name == "seed" else options.name)


def add_machine(made: argparse.ArgumentParser) -> None:
    """Options that say where and how to compute; none changes a result beyond rounding."""
    add_device(made)
    add_scratch(made)


def add_device(made: argparse.ArgumentParser) -> None:
    """Options that say on what to compute."""
    made.add_argument(
        "--device",
        type=options.device,
        default="auto",
        help="cpu, cuda, cuda:1 ...; auto: CUDA where there is one",
    )
    add_threads(made)


def add_threads(made: argparse.ArgumentParser) -> None:
    """The option that says how many processors may be used."""
    made.add_argument("--threads", type=options.threads, default=1, help="CPU threads")


def add_scratch(made: argparse.ArgumentParser) -> None:
    """The option that says where unfinished work lies."""
    made.add_argument(
        "--scratch", type=options.folder, default=Path(".scratch"), help="folder of resumable state"
    )


def _stop(number: int, _frame: object) -> NoReturn:
    """End at the next line of Python, leaving nothing half-written: what is being done is undone, and the
    state saved after the last epoch or block of images stays.
    """
    for other in (signal.SIGTERM, signal.SIGINT):
        signal.signal(other, signal.SIG_IGN)
    name = signal.Signals(number).name
    os.write(2, f"\nstopped by {name}: start again, and it continues from what it last saved\n".encode())
    raise SystemExit(128 + number)


def run(main: Callable[[], None]) -> NoReturn:
    """Run a script's `main`; a UserError, and memory that does not suffice, is printed without a traceback
    and ends it with status 1, a signal that asks it to stop ends it with 128 more than the signal's number,
    as shells have it.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        sys.exit(f"error: {what_helps(error)}")
    if main.__module__ == "__main__":  # and nothing of the process is to come after it
        end_process()
    sys.exit(0)


def end_process() -> NoReturn:
    """End with status 0, without the tidying up of memory that ends with the process anyway: Python and
    CUDA's libraries take 0.6 of the 2.7 s for it of which an empty job consists.
    """
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
