"""A GPU for each job on a machine that has no scheduler to share them out. Does not import torch.

A job holds a lock file for its life, which the kernel frees even after SIGKILL; of N jobs started at once
on M GPUs each has its own while there are any, and the others wait. Within a batch job (SLURM, LSF, PBS) only
the jobs of that allocation share: two allocations may call different devices by the same number.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

from cobra.errors import UserError
from cobra.machine.locks import taken

DRIVER = Path("/proc/driver/nvidia")
ALLOCATION = ("SLURM_JOB_ID", "LSB_JOBID", "LSB_JOBINDEX", "PBS_JOBID")  # LSF's arrays share the second
POLL = 0.5  # seconds between two looks at the locks

_held: list[IO[str]] = []  # open, hence locked, until the process ends


def visible_devices() -> list[str]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them; without it the machine's."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is None:
        return _machines_devices()
    devices: list[str] = []
    for name in (part.strip() for part in named.split(",")):
        if not name or name.startswith("-") or name == "NoDevFiles":
            break  # CUDA, too, ignores what follows a device that does not exist
        devices.append(name)
    return devices


def _machines_devices() -> list[str]:
    """GPUs of this machine by number, of one that is partitioned (MIG) its slices by their names: CUDA shows
    a process one slice at most. Asked of the driver: torch would take seconds, and all of them into use.
    """
    gpus = DRIVER / "gpus"
    if gpus.is_dir() and not any(DRIVER.glob("capabilities/gpu*/mig/gi*")):
        return [str(number) for number in range(len(list(gpus.iterdir())))]
    query = shutil.which("nvidia-smi")
    if query is None:
        return []
    listed = subprocess.run([query, "-L"], capture_output=True, text=True, check=False)  # noqa: S603
    slices: dict[str, list[str]] = {}  # by GPU, of which there is a line, and below it one per slice
    for line in listed.stdout.splitlines():
        if gpu := re.match(r"GPU (\d+):", line):
            own = slices.setdefault(gpu[1], [])
        elif mig := re.match(r"\s+MIG .*\(UUID: (MIG-\S+)\)", line):
            own.append(mig[1])
    return [device for gpu, own in slices.items() for device in own or [gpu]]


def jobs_per_gpu() -> int:
    """Jobs that may share a GPU: COBRA_JOBS_PER_GPU, one if it is not set."""
    given = os.environ.get("COBRA_JOBS_PER_GPU", "1")
    if not given.isdecimal() or int(given) < 1:
        raise UserError(
            f"COBRA_JOBS_PER_GPU is {given!r}: set it to how many jobs may share a GPU, 1 or more."
        )
    return int(given)


def slots() -> list[tuple[str, int]]:
    """Device and number of each slot; a device is used twice only when all are used once."""
    return [(device, number) for number in range(jobs_per_gpu()) for device in visible_devices()]


def claim() -> str | None:
    """Take a slot until this process ends, and make its GPU the only one that CUDA shows from now on; call
    this before CUDA is first asked. Returns the device's name, or None on a machine without GPUs.
    """
    wanted = slots()
    if not wanted:
        return None
    device = _wait_for_one(wanted)
    os.environ["CUDA_VISIBLE_DEVICES"] = device
    print(f"on GPU {device}", file=sys.stderr)
    return device


def _wait_for_one(wanted: list[tuple[str, int]]) -> str:
    # The locks of this user, and allocation if there is one, on this machine.
    allocation = filter(None, (os.environ.get(name) for name in ALLOCATION))
    folder = Path(tempfile.gettempdir()) / "-".join(["cobra-gpus", str(os.getuid()), *allocation])
    folder.mkdir(mode=0o700, exist_ok=True)
    announced = False
    while True:
        for device, number in wanted:
            lock = (folder / f"{device.replace('/', '_')}.{number}.lock").open("w")
            if taken(lock):
                _held.append(lock)
                return device
            lock.close()
        if not announced:
            names = ", ".join(dict.fromkeys(device for device, _ in wanted))
            print(f"all slots of GPU {names} are taken: waiting for one", file=sys.stderr)
            announced = True
        time.sleep(POLL)
