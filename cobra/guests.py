"""A user's code as a guest: what it does to Python and torch ends with it, and it ends nothing of ours."""

import os
import random
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cobra import command
from cobra.errors import UserError
from cobra.machine_errors import is_out_of_memory
from cobra.reads import noticing

SIGNALS = (signal.SIGINT, signal.SIGTERM)
LONG = 300  # characters of a user's error; torch lists every weight that does not fit


@contextmanager
def contained(module: str) -> Iterator[None]:
    """Run code of `module` within: it sees its own name alone on the command line, prints to the log, and
    leaves working folder, gradients, default type, threads and signals as they were.
    """
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    folder, arguments = Path.cwd(), sys.argv
    kind, threads = torch.get_default_dtype(), torch.get_num_threads()
    sys.argv = [module]
    try:
        with noticing(), redirect_stdout(sys.stderr), torch.set_grad_enabled(torch.is_grad_enabled()):
            yield
    finally:
        sys.argv = arguments
        _restore(folder, kind, threads, handlers)


def _restore(folder: Path, kind: torch.dtype, threads: int, handlers: dict[signal.Signals, Any]) -> None:
    if Path.cwd() != folder:
        os.chdir(folder)
    if torch.get_default_dtype() != kind:
        torch.set_default_dtype(kind)
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
    for number, handler in handlers.items():
        if signal.getsignal(number) not in (handler, signal.SIG_IGN):  # ignored while we are being stopped
            signal.signal(number, handler)


def call(module: str, what: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """What a user's function gives; `what` begins the sentence if it fails, as "mine:score failed on ..."."""
    try:
        with contained(module):
            return function(*arguments)
    except Exception as error:  # it may raise anything
        if is_out_of_memory(error):  # fewer images at once may do
            raise
        raise UserError(f"{what} ({type(error).__name__}: {in_a_line(error)}): correct it.") from error
    except SystemExit as error:
        require_theirs(error)
        raise UserError(
            f"{what}: it ends Python ({exit_words(error)}): let it raise an error, or return."
        ) from error


def require_theirs(error: SystemExit) -> None:
    """Raise it again if it is our own, by a signal that asks us to stop."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    if last.filename == command.__file__:
        raise error


def exit_words(error: SystemExit) -> str:
    """The call that ended Python."""
    return "sys.exit()" if error.code is None else f"sys.exit({repr(error.code)[:LONG]})"


def in_a_line(error: BaseException) -> str:
    """What an error says, in one line of bearable length."""
    said = " ".join(str(error).split())
    return said if len(said) <= LONG else f"{said[:LONG]} ..."


def seed_all() -> None:
    """The same random numbers for a user's code in every job: a fit is made anew in each."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  # theirs, not ours
    torch.manual_seed(0)
