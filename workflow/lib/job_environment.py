"""The environment of the jobs, and how many of them may use a GPU at once."""

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

from cobra.machine import arithmetic, gpu_slots

if TYPE_CHECKING:
    from snakemake.workflow import Workflow  # which benchmarks, that import MALLOC, do without

# How a job's process keeps its memory. glibc gives large freed blocks back to the system and asks for them
# again at the next step; keeping them saves 15 % of a gradient on a CPU (measured: 14.1 in place of 16.6 ms,
# 98 images of 16x16, width 8). What is kept must lie in one arena: the thread that computes gradients would
# have another, and the memory of an attack would grow with each block (measured: 3.0 GB for 10,000 images of
# 224x224, width 64).
MALLOC = {
    "MALLOC_TRIM_THRESHOLD_": "1000000000",
    "MALLOC_MMAP_THRESHOLD_": "1000000000",
    "MALLOC_ARENA_MAX": "1",
}


def prepare(root: Path, machine: str) -> None:
    """Set what jobs inherit: `machine` is the configuration's, portable or fast arithmetic."""
    # Jobs import this checkout's cobra, also in an environment in which it is not installed, and a user's
    # detector from where the user may import it.
    of_user = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    os.environ["PYTHONPATH"] = os.pathsep.join([str(root), *of_user])
    for variable, value in MALLOC.items():
        os.environ.setdefault(variable, value)
    os.environ[arithmetic.MODE] = machine


def share_gpus(workflow: "Workflow") -> None:
    """Without a cluster's scheduler as many jobs use a GPU at once as there are slots."""
    slots = len(gpu_slots.slots())
    runs_here = workflow.resource_settings.nodes is None
    if slots and runs_here and "gpu" not in workflow.global_resources:
        workflow.register_resource("gpu", slots)


def collect_garbage_rarely() -> None:
    """Planning makes millions of small objects that live to its end; looking for garbage among them again
    and again takes a sixth of its time (9,489 jobs: 13.3 in place of 15.8 s of CPU, the memory the same).
    """
    gc.set_threshold(100_000, 50, 1000)
