"""Processes in which a measurement runs alone; they end with the program, even if that is killed."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from cobra.machine import gpu_slots
from workflow.lib.job_environment import MALLOC


def shared_device(name: str) -> str:
    """The name of the device for all processes of this program. A GPU is claimed here, once: if each process
    claimed one, the second would wait for the first to end.
    """
    claimed = gpu_slots.claim() if name in ("auto", "cuda") else None
    return name if claimed is None else "cuda:0"


@contextmanager
def own_process(as_job: bool = True) -> Iterator[Callable[..., Any]]:
    """Calls functions in one process, whose memory is kept as a job of the workflow keeps it
    (`workflow/lib/job_environment.py`), or else as any process does.
    """
    wanted = MALLOC if as_job else dict.fromkeys(MALLOC)
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawning, initializer=_end_with_parent) as pool:
        with _environment(wanted):
            pool.submit(os.getpid).result()  # starts the process
        yield lambda work, *arguments: pool.submit(work, *arguments).result()


def in_fresh_process(work: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """What `work` gives in a process of its own, whose peak memory is its own."""
    with own_process() as run:
        return run(work, *arguments)


def _end_with_parent() -> None:
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
    os._exit(1)


@contextmanager
def _environment(wanted: Mapping[str, str | None]) -> Iterator[None]:
    """Environment variables for what is started meanwhile; those that are None are unset."""
    before = dict(os.environ)
    for name, value in wanted.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
