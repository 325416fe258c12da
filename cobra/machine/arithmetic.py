"""The same floating-point results on every x86-64-v3 processor, by variables set before torch is imported.

MKL, oneDNN and torch choose their kernels by the processor, and kernels round differently, which moved the
robust AUROC of one short training by up to ten points. The variables make them choose the same kernels
everywhere. docs/architecture.md says where that was confirmed and where it ends.

COBRA_MACHINE=fast leaves the choice to the libraries; the workflow sets it to its configuration's `machine`.
"""

import os
import platform
import sys
from functools import cache
from pathlib import Path

from cobra.errors import UserError

MODE = "COBRA_MACHINE"
KERNELS = "ATEN_CPU_CAPABILITY"
VARIABLES = {
    "MKL_CBWR": "COMPATIBLE",  # else MKL's matrix products differ between vendors
    "ONEDNN_MAX_CPU_ISA": "AVX2",  # else convolutions differ between instruction sets
    KERNELS: "avx2",  # else torch's own kernels do
}
PLAIN = {KERNELS: "default"}  # kept where it is set: portable, too, and runs in emulators that lack AVX2
NEEDED = {"avx2", "fma", "bmi2"}  # flags that every x86-64-v3 processor has


def choose() -> None:
    """Set the variables; in mode fast take them back. Does nothing where torch is imported already, since it
    would come too late. Called when `cobra` is imported.
    """
    if "torch" in sys.modules:
        return
    if mode() == "fast":
        for name, value in VARIABLES.items():
            if os.environ.get(name) == value:
                del os.environ[name]
    elif is_x86_64_v3():
        os.environ.update(VARIABLES | (PLAIN if is_set(PLAIN) else {}))


def mode() -> str:
    """What COBRA_MACHINE asks for: portable, unless it says otherwise."""
    return os.environ.get(MODE) or "portable"


def require_known_mode() -> None:
    """Raise UserError if COBRA_MACHINE is neither portable nor fast."""
    if mode() not in ("portable", "fast"):
        raise UserError(f"{MODE}={mode()} is not a way to compute: set it to portable or fast.")


def in_force() -> str | None:
    """The name of this process's arithmetic if it does not depend on the processor, else None."""
    wanted = VARIABLES | (PLAIN if is_set(PLAIN) else {})
    portable = mode() == "portable" and is_set(wanted) and is_x86_64_v3()
    return f"portable, {wanted[KERNELS]} kernels" if portable else None


def is_set(wanted: dict[str, str]) -> bool:
    """Whether the environment holds these values."""
    return all(os.environ.get(name) == value for name, value in wanted.items())


@cache
def is_x86_64_v3() -> bool:
    """Whether this is Linux on a processor with AVX2 and FMA (Intel's since 2013, AMD's since 2015)."""
    return platform.machine() == "x86_64" and _flags() >= NEEDED


@cache
def processor_name() -> str:
    """The processor in its maker's words."""
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def _flags() -> set[str]:
    return set(_cpuinfo("flags").split())


def _cpuinfo(key: str) -> str:
    """The first processor's value in Linux's list; elsewhere empty."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(key)), "")
