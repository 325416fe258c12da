"""Processes of their own for what is measured, their memory kept as a job's or as any process's.

They end with the process that started them, even when that is killed.
"""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from cobra import allocation, gpu_slots


def shared_device(name: str) -> str:
    """What to call the device `name` in processes that this one starts. A GPU is claimed here, once: if each
    of them claimed one for itself, the second would wait for the first to end.
    """
    claimed = gpu_slots.claim() if name in ("auto", "cuda") else None
    return name if claimed is None else "cuda:0"


@contextmanager
def own_process(as_job: bool = True) -> Iterator[Callable[..., Any]]:
    """Calls functions in one process of their own, which keeps its memory as a job of the workflow does
    (cobra/allocation.py), or else as any process.
    """
    wanted = allocation.ENVIRONMENT if as_job else dict.fromkeys(allocation.ENVIRONMENT)
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawning, initializer=_end_with_parent) as pool:
        with environment(wanted):
            pool.submit(os.getpid).result()  # starts it
        yield lambda work, *arguments: pool.submit(work, *arguments).result()


def _end_with_parent() -> None:
    """Watch for the end of the process that started this one, which would else be waited for in vain."""

    def watch() -> None:
        if parent := multiprocessing.parent_process():
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def environment(wanted: Mapping[str, str | None]) -> Iterator[None]:
    """These variables for whatever is started meanwhile, those that are None unset."""
    before = dict(os.environ)
    os.environ.update({name: value for name, value in wanted.items() if value is not None})
    for name in (name for name, value in wanted.items() if value is None):
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def in_fresh_process(work: Callable[..., dict[str, Any]], *arguments: Any) -> dict[str, Any]:
    """What `work` gives in a process of its own, whose memory nothing before it has raised."""
    with own_process() as run:
        return run(work, *arguments)
