"""What the commands in scripts/ share: options, and errors for people."""

import argparse
import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from cobra.errors import UserError, is_out_of_memory, what_helps
from cobra.machine import options

PROGRAM = "cobra"  # the file that starts `cobra ...`
GRACE = 10  # seconds in which a job that is told to stop may undo what it is doing
STOPS = (signal.SIGTERM, signal.SIGINT)


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
    for other in STOPS:
        signal.signal(other, signal.SIG_IGN)
    _say_stopped(number)
    raise SystemExit(128 + number)


def _say_stopped(number: int) -> None:
    name = signal.Signals(number).name
    os.write(2, f"\nstopped by {name}: start again, and it continues from what it last saved\n".encode())


@contextmanager
def _told_to_stop(is_the_program: bool) -> Iterator[None]:
    """Have SIGTERM and SIGINT end this process: by `_stop` if Python comes to run it, else a little later. Of
    a command that is called as a function nothing stays behind: the process goes on without it.
    """
    for number in STOPS:
        signal.signal(number, _stop)
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    over = threading.Event()
    threading.Thread(target=_end_in_any_case, args=(told, over), name="ends the process", daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(-1)
        os.close(tell)
        if not is_the_program:
            over.set()


def _end_in_any_case(told: int, over: threading.Event) -> None:
    """End the process GRACE seconds after a signal whose number stands in the pipe `told`, unless all is
    `over`: Python's handler waits for what runs in C, and the end of a process for threads that wait for a
    disk.
    """
    while (number := os.read(told, 1)) and number[0] not in STOPS:
        pass
    os.close(told)
    if number and not over.wait(GRACE):
        if signal.getsignal(number[0]) is _stop:  # it did not run
            _say_stopped(number[0])
        os._exit(128 + number[0])


def _stop_as_others() -> None:
    """In a process that a user's code starts, to load data say, signals do what they do in any other."""
    if signal.getsignal(signal.SIGTERM) is _stop:
        signal.set_wakeup_fd(-1)
        for number in STOPS:
            signal.signal(number, signal.SIG_DFL)


os.register_at_fork(after_in_child=_stop_as_others)


def run(main: Callable[[], None]) -> NoReturn:
    """Run a script's `main`; a UserError, and memory that does not suffice, is printed without a traceback
    and ends it with status 1, a signal that asks it to stop ends it with 128 more than the signal's number,
    as shells have it.
    """
    complaint, is_the_program = "", _is_the_program(main)
    try:
        with _told_to_stop(is_the_program):
            main()
    except UserError as error:
        complaint = f"error: {error}"
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        complaint = f"error: {what_helps(error)}"
    if not is_the_program:
        sys.exit(complaint or 0)
    if complaint:
        print(complaint, file=sys.stderr)
    end_process(1 if complaint else 0)


def _is_the_program(main: Callable[[], None]) -> bool:
    """Whether this process is the command, so that nothing of it is to come after `main`; false where a
    command is called as a function.
    """
    started = getattr(sys.modules["__main__"], "__file__", None) or ""
    return main.__module__ == "__main__" or Path(started).name == PROGRAM


def end_process(status: int) -> NoReturn:
    """End without the tidying up of memory that ends with the process anyway: Python and CUDA's libraries
    take 0.6 of the 2.7 s for it of which an empty job consists. Nor are threads waited for that a user's
    code left running.
    """
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
