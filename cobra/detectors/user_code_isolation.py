"""A user's code in isolation: its changes to Python and torch end with it, it cannot end our process, and the
files that it opens are noted.
"""

import importlib
import os
import random
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cobra.detectors.settings import OwnDetectorSettings
from cobra.detectors.user_code import find_file, import_root, is_a_users, note_brought, require_helpers
from cobra.errors import UserError, is_out_of_memory
from cobra.machine import script

SIGNALS = (signal.SIGINT, signal.SIGTERM)
CPU = torch.device("cpu")
LONG = 300  # characters of a user's error; torch lists every weight that does not fit
CODE = (".py", ".pyc", ".so")  # files that are seen to as modules
# What stays as it was, as functions that get and set it.
KEPT: tuple[tuple[Callable[[], Any], Callable[[Any], Any]], ...] = (
    (Path.cwd, os.chdir),
    (torch.get_default_dtype, torch.set_default_dtype),
    (torch.get_default_device, lambda device: torch.set_default_device(None if device == CPU else device)),
    (torch.get_num_threads, torch.set_num_threads),
    (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
    (torch.are_deterministic_algorithms_enabled, torch.use_deterministic_algorithms),
)
opened: set[Path] = set()
_running: list[str] = []  # the modules of users whose code runs


@contextmanager
def contained(module: str) -> Iterator[None]:
    """Run code of `module` within: it sees its own name alone on the command line, prints to the log, and
    leaves working folder, gradients, torch's defaults and signals as they were.
    """
    before = [get() for get, _ in KEPT]
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    arguments, sys.argv = sys.argv, [module]
    _listen()
    _running.append(module)
    try:
        with redirect_stdout(sys.stderr), torch.set_grad_enabled(torch.is_grad_enabled()):
            yield
    finally:
        _running.pop()
        sys.argv = arguments
        for (get, put), value in zip(KEPT, before, strict=True):
            if get() != value:
                put(value)
        if not _stops_us(sys.exc_info()[1]):  # then both are ignored, so that nothing disturbs the end
            for number, handler in handlers.items():
                signal.signal(number, handler)


@cache
def _listen() -> None:
    """Hear of each file that is opened from now on: Python has no way to take such a hook away."""
    sys.addaudithook(_note)


def _note(event: str, arguments: tuple[object, ...]) -> None:
    """Remember a file that a user's code opens for reading."""
    if event != "open" or not _running:
        return
    path, _, flags = arguments
    reads = isinstance(flags, int) and flags & os.O_ACCMODE == os.O_RDONLY
    if reads and isinstance(path, str | bytes | os.PathLike):
        opened.add(Path(os.fsdecode(path)).absolute())


def import_name(name: str) -> Any:
    """What `package.module:function` names, the working folder being searched, too."""
    module, _, attribute = name.partition(":")
    found: Any = _imported(name)
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise UserError(f"{module} has no {attribute}: name a function as package.module:function.")
        found = getattr(found, part)
    return found


def _imported(name: str) -> ModuleType:
    """The module of `name`; raises UserError if it cannot be imported, ends Python, or if Python takes
    another for it or for what it imports.
    """
    module = name.partition(":")[0]
    if find_file(module) is not None:
        require_helpers(name)
    before = set(sys.modules)
    seed_all()
    try:
        with contained(module), warnings.catch_warnings():
            found = importlib.import_module(module)
    except Exception as error:  # the user's module may raise anything
        raise UserError(
            f"The module of {name} cannot be imported ({_in_a_line(error)}): correct the name, or run from "
            "the folder in which it lies."
        ) from error
    except SystemExit as error:
        raise UserError(
            f"{module} ends Python when it is imported ({_exit_of(error)}): put what a program does under "
            "if __name__ == '__main__'."
        ) from error
    if module not in before:
        note_brought(module, before)
    return found


def attempt(name: str, function: Callable[..., Any], *arguments: Tensor) -> Any:
    """The result of a user's function of images; raises UserError, naming it, if it fails."""
    shapes = ", ".join(str(tuple(argument.shape)) for argument in arguments)
    what = f"{name} failed on images of shape {shapes}"
    try:
        with contained(name.partition(":")[0]):
            return function(*arguments)
    except Exception as error:  # it may raise anything
        if is_out_of_memory(error):  # fewer images at once may do
            raise
        raise UserError(f"{what} ({_in_a_line(error)}): correct it.") from error
    except SystemExit as error:
        raise UserError(
            f"{what}: it ends Python ({_exit_of(error)}): let it raise an error, or return."
        ) from error


def _in_a_line(error: Exception) -> str:
    """An error's type and what it says, in one line of bearable length."""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said if len(said) <= LONG else f'{said[:LONG]} ...'}"


def _exit_of(error: SystemExit) -> str:
    """The call that ended Python; raises it again if it is our own, by a signal that asks us to stop."""
    if _stops_us(error):
        raise error
    return "sys.exit()" if error.code is None else f"sys.exit({repr(error.code)[:LONG]})"


def _stops_us(error: BaseException | None) -> bool:
    """Whether this is our own exit, by a signal that asks us to stop."""
    if not isinstance(error, SystemExit):
        return False
    return traceback.extract_tb(error.__traceback__)[-1].filename == script.__file__


def seed_all() -> None:
    """The same random numbers for a user's code in every job: a fit is made anew in each."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  # theirs, not ours
    torch.manual_seed(0)


def undeclared(settings: OwnDetectorSettings) -> list[str]:
    """The files near a user's detector that it read and `settings` do not name, as paths from here."""
    here, root = Path.cwd(), import_root(settings.name)
    named = [Path(file).resolve() for file in settings.files]
    found = [
        path
        for path in opened
        if path.suffix not in CODE and path.is_file() and (is_a_users(path, root) or is_a_users(path, here))
        if not any(path.resolve().is_relative_to(name) for name in named)
    ]
    return sorted(os.path.relpath(path, here) for path in found)


def warn_of_undeclared(settings: OwnDetectorSettings) -> None:
    """Tell the log of files whose change would go unnoticed."""
    found = undeclared(settings)
    if found:
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        print(
            f"warning: {settings.name} reads {', '.join(found[:3])}{more}, and when that changes, what was "
            "made before stays: name it under files (detectors.*.files, or --files).",
            file=sys.stderr,
        )
