"""A user's code in isolation: its changes to Python and torch end with it, and it cannot end our process."""

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

from cobra.detectors.opened_files import noticing
from cobra.errors import UserError, is_out_of_memory
from cobra.machine import script

SIGNALS = (signal.SIGINT, signal.SIGTERM)
CPU = torch.device("cpu")
LONG = 300  # characters of a user's error; torch lists every weight that does not fit


# What stays as it was, as functions that get and set it.
KEPT: tuple[tuple[Callable[[], Any], Callable[[Any], Any]], ...] = (
    (Path.cwd, os.chdir),
    (torch.get_default_dtype, torch.set_default_dtype),
    (torch.get_default_device, lambda device: torch.set_default_device(None if device == CPU else device)),
    (torch.get_num_threads, torch.set_num_threads),
    (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
    (torch.are_deterministic_algorithms_enabled, torch.use_deterministic_algorithms),
)


@contextmanager
def contained(module: str) -> Iterator[None]:
    """Run code of `module` within: it sees its own name alone on the command line, prints to the log, and
    leaves working folder, gradients, torch's defaults and signals as they were.
    """
    before = [get() for get, _ in KEPT]
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    arguments, sys.argv = sys.argv, [module]
    try:
        with noticing(), redirect_stdout(sys.stderr), torch.set_grad_enabled(torch.is_grad_enabled()):
            yield
    finally:
        sys.argv = arguments
        for (get, put), value in zip(KEPT, before, strict=True):
            if get() != value:
                put(value)
        _restore(handlers)


def _restore(handlers: dict[signal.Signals, Any]) -> None:
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
    if last.filename == script.__file__:
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
