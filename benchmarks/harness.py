"""What the benchmarks share: options, a machine in words, peak memory, JSON and Markdown."""

import argparse
import json
import os
import platform
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from tabulate import tabulate

from cobra.artifacts import write_bytes
from cobra.errors import UserError
from cobra.origin import commit_in_words, git_state
from cobra.runtime import describe_device

ROOT = Path(__file__).resolve().parent.parent
STATUS = Path("/proc/self/status")


def parser(description: str | None) -> argparse.ArgumentParser:
    """A benchmark's parser with the options that all have."""
    made = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    made.add_argument("--device", default="auto", help="cpu, cuda, cuda:1 ...; auto: CUDA where there is one")
    made.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="CPU threads; left out: all")
    made.add_argument("--output", type=Path, help="JSON file to write; the table goes beside it as .md")
    return made


def machine(device: torch.device) -> dict[str, Any]:
    """Where a measurement is made, and how busy that was before it (`load`: runnable processes, 1 minute)."""
    return {
        "device": describe_device(device),
        "processor": describe_device(torch.device("cpu")),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": round(os.getloadavg()[0], 2),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "dtype": str(torch.get_default_dtype()).removeprefix("torch."),
        "tf32_convolutions": torch.backends.cudnn.allow_tf32 if device.type == "cuda" else False,
        "code": commit_in_words(*git_state(ROOT)),
    }


def wait_for(device: torch.device) -> Callable[[], None]:
    """A function that returns once the device is idle."""
    return lambda: torch.cuda.synchronize(device) if device.type == "cuda" else None


def peak_memory(device: torch.device) -> dict[str, int]:
    """MiB that this process has held at most so far, in the machine's memory and in the GPU's.

    From /proc, for what getrusage calls the maximum a process inherits from the one that started it.
    """
    if not STATUS.is_file():
        raise UserError(f"{STATUS} does not exist: measure memory on Linux.")
    lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    found = {"peak_mib": int(lines["VmHWM"].split()[0]) >> 10}
    if device.type == "cuda":
        found["gpu_peak_mib"] = torch.cuda.max_memory_allocated(device) >> 20
    return found


def memory_cells(measured: Mapping[str, Any]) -> dict[str, str]:
    """Peak memory for people; the GPU's where there was one."""
    names = {"peak_mib": "peak memory", "gpu_peak_mib": "peak memory of the GPU"}
    return {title: f"{measured[name]:,} MiB" for name, title in names.items() if name in measured}


def markdown(
    title: str, where: Mapping[str, Any], rows: Iterable[Mapping[str, str]], notes: Iterable[str]
) -> str:
    """A heading, the machine in a line if there is one, a pipe table and the notes as a list."""
    line = ", ".join(f"{name} {value}" for name, value in where.items())
    table = tabulate(list(rows), headers="keys", tablefmt="pipe", disable_numparse=True)
    listed = "\n".join(f"- {note}" for note in notes)
    return "\n\n".join(filter(None, [f"## {title}", line, table, listed])) + "\n"


def publish(output: Path | None, result: Mapping[str, Any], text: str) -> None:
    """Print the tables and, if a file is named, write `result` there and the tables beside it."""
    print(text)
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(output, (json.dumps(result, indent=1) + "\n").encode())
        write_bytes(output.with_suffix(".md"), text.encode())
