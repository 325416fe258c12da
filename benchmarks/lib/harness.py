"""Options, a description of the machine, peak memory, and results as JSON and Markdown."""

import argparse
import json
import os
import platform
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from tabulate import tabulate

from cobra.artifacts.files import write_bytes
from cobra.artifacts.provenance import commit_in_words, git_state
from cobra.errors import UserError
from cobra.machine import options
from cobra.machine.device import describe_device

ROOT = Path(__file__).resolve().parents[2]
STATUS = Path("/proc/self/status")
HELP = {
    "images": "number of images",
    "batch": "images of a step",
    "side": "pixels of an image's side",
    "resolution": "pixels of a prepared image's side",
    "steps": "steps of PGD",
    "epochs": "epochs of training",
    "rounds": "times that each is measured",
    "memory": "entries of the memory bank",
    "width": "channels of the ResNet's first stage",
}


def parser(doc: str | None, *, computes: bool = True, **numbers: int | list[int]) -> argparse.ArgumentParser:
    """A parser with options of HELP by their defaults, --output, and, if it computes, --device, --threads."""
    made = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    if computes:
        kind, every = "cpu, cuda, cuda:1; auto: CUDA if there is one", os.cpu_count() or 1
        made.add_argument("--device", type=options.device, default="auto", help=kind)
        made.add_argument("--threads", type=options.threads, default=every, help="of the CPU; default: all")
    for name, default in numbers.items():
        told, many = f"{HELP[name]}; default: {default}", "+" if isinstance(default, list) else None
        made.add_argument(f"--{name}", type=options.positive, nargs=many, default=default, help=told)
    made.add_argument(
        "--output", type=options.output, help="JSON file to write; the table goes beside it as .md"
    )
    return made


def machine(device: torch.device) -> dict[str, Any]:
    """The machine and its load: processes that wanted a core in the minute before."""
    return {
        "device": describe_device(device),
        "processor": describe_device(torch.device("cpu")),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": round(os.getloadavg()[0], 2),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "tf32_convolutions": torch.backends.cudnn.allow_tf32 and device.type == "cuda",
        "code": code(),
    }


def code() -> str:
    return commit_in_words(*git_state(ROOT))


def peak_memory(device: torch.device) -> dict[str, int]:
    """The most MiB that this process has held so far, in main memory and on the GPU. Read from /proc:
    getrusage would give a process the peak of the one that started it.
    """
    if not STATUS.is_file():
        raise UserError(f"{STATUS} does not exist: measure memory on Linux.")
    lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    on_gpu = {"gpu_peak_mib": torch.cuda.max_memory_allocated(device) >> 20} if device.type == "cuda" else {}
    return {"peak_mib": int(lines["VmHWM"].split()[0]) >> 10} | on_gpu


def memory_cells(measured: Mapping[str, Any]) -> dict[str, str]:
    """Peak memory as columns of a table; the GPU's where there was one."""
    names = {"peak_mib": "peak memory", "gpu_peak_mib": "peak memory of the GPU"}
    return {title: f"{measured[name]:,} MiB" for name, title in names.items() if name in measured}


def markdown(
    title: str, where: Mapping[str, Any], rows: Iterable[Mapping[str, str]], notes: Iterable[str] = ()
) -> str:
    """A heading, the machine in one line, a table, and the notes as a list."""
    line = ", ".join(f"{name} {value}" for name, value in where.items())
    table = tabulate(list(rows), headers="keys", tablefmt="pipe", disable_numparse=True)
    listed = "\n".join(f"- {note}" for note in notes)
    return "\n\n".join(filter(None, [f"## {title}", line, table, listed])) + "\n"


def publish(output: Path | None, result: object, text: str) -> None:
    """Print the tables; write `result` as JSON to `output`, if named, and the tables beside it."""
    print(text)
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(output, (json.dumps(result, indent=1) + "\n").encode())
        write_bytes(output.with_suffix(".md"), text.encode())
