"""The machine a job runs on: device, threads, numerical format."""

import os
from contextlib import AbstractContextManager

import torch

from cobra.errors import UserError
from cobra.machine import arithmetic, gpu_slots
from cobra.machine.options import DEVICE


def prepare_device(name: str, threads: int) -> torch.device:
    """The device called `name` ("auto": CUDA where there is one), set up for repeatable results. Of several
    GPUs a free one is taken (`gpu_slots`), unless `name` says which.

    `threads` bounds the CPU threads of this process: torch's threads spin, so jobs that share cores
    must share them out. Raises UserError if the device is not there, or there and of no use.
    """
    if arithmetic.mode() not in ("portable", "fast"):
        raise UserError(
            f"{arithmetic.MODE}={arithmetic.mode()} is not a way to compute: set it to portable or fast."
        )
    if not DEVICE.fullmatch(name):
        raise UserError(f"--device {name!r} is no device: use auto, cpu, cuda or cuda:1.")
    slot = gpu_slots.claim() if name in ("auto", "cuda") else None
    device = _free_device(slot) if name == "auto" else torch.device(name)
    if device.type == "cuda":
        _require_cuda(device)
    torch.set_num_threads(threads)
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # wanted by deterministic cuBLAS
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    return device


def _free_device(slot: str | None) -> torch.device:
    """The GPU that was claimed, if any: a job meant for one would take weeks on the CPU, so that is never a
    silent second choice.
    """
    if torch.cuda.is_available():
        return torch.device("cuda")
    if slot is not None:
        raise UserError(
            f"This machine has GPU {slot}, but torch cannot use it: mend the driver (nvidia-smi tells its "
            "state), or compute on the CPU with --device cpu or, in a whole workflow, with "
            "CUDA_VISIBLE_DEVICES= in the environment."
        )
    return torch.device("cpu")


def _require_cuda(device: torch.device) -> None:
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if count == 0:
        raise UserError(f"--device {device} asked for, but torch sees no CUDA device: use --device cpu.")
    if (device.index or 0) >= count:
        raise UserError(
            f"--device {device} asked for, but torch sees {count} CUDA devices, counted from 0: name one of "
            "them, or use --device auto."
        )


def insist_on_repeatable(device: torch.device, wanted: bool) -> None:
    """On CUDA, where some operations add in any order, have torch refuse those (`wanted`), or bear them and
    say so in the device's words. Ours are repeatable but for the ensemble score's gradient, which goes
    through grid_sample, and FAB, which sums along pixels; of timm's networks and others' detectors nobody
    knows.
    """
    if device.type == "cuda":
        torch.use_deterministic_algorithms(wanted)
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # a check


def describe_device(device: torch.device) -> str:
    """The device in words, as artifacts name it: a processor by its name only if results depend on it."""
    if device.type == "cuda":
        repeatable = torch.are_deterministic_algorithms_enabled()
        return f"cuda ({torch.cuda.get_device_name(device)}{'' if repeatable else ', not repeatable'})"
    arithmetic_here = arithmetic.in_force() or arithmetic.processor_name()
    return f"{device.type} ({arithmetic_here}, {torch.get_num_threads()} threads)"


def autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """Context in which the network computes in `precision`: "fp32" or "bf16"."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")
