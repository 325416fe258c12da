"""The same floating-point results on every x86-64-v3 processor. Does not import torch.

MKL, oneDNN and torch choose their kernels by the processor, and kernels round differently, which moved the
robust AUROC of one short training by up to ten points. Variables set before torch is imported make them
choose the same kernels everywhere. docs/architecture.md says where that was confirmed and where it ends.

COBRA_MACHINE=fast leaves the choice to the libraries; the workflow sets it to its configuration's `machine`.
"""

import os
import platform
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

MODE = "COBRA_MACHINE"
KERNELS = "ATEN_CPU_CAPABILITY"
VARIABLES = {
    "MKL_CBWR": "COMPATIBLE",  # else MKL's matrix products differ between vendors
    "ONEDNN_MAX_CPU_ISA": "AVX2",  # else convolutions differ between instruction sets
    KERNELS: "avx2",  # else torch's own kernels do
}
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
        os.environ.update(_portable_variables())


def mode() -> str:
    """What COBRA_MACHINE asks for: portable, unless it says otherwise."""
    return os.environ.get(MODE) or "portable"


def in_force() -> str | None:
    """The name of this process's arithmetic if it does not depend on the processor, else None."""
    wanted = _portable_variables()
    are_set = all(os.environ.get(name) == value for name, value in wanted.items())
    portable = mode() == "portable" and are_set and is_x86_64_v3()
    return f"portable, {wanted[KERNELS]} kernels" if portable else None


def _portable_variables() -> dict[str, str]:
    """Plain kernels are kept where they are set: portable, too, and they run in emulators that lack AVX2."""
    plain = os.environ.get(KERNELS) == "default"
    return VARIABLES | ({KERNELS: "default"} if plain else {})


@cache
def is_x86_64_v3() -> bool:
    """Whether this is Linux on a processor with AVX2 and FMA (Intel's since 2013, AMD's since 2015)."""
    return platform.machine() == "x86_64" and set(_cpuinfo("flags").split()) >= NEEDED


@cache
def processor_name() -> str:
    """The processor in its maker's words."""
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def _cpuinfo(key: str) -> str:
    """The first processor's value in Linux's list; elsewhere empty."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(key)), "")


def square_root(x: "Tensor") -> "Tensor":
    """The square root, rounded correctly to `x`'s format (float32): by way of float64, whose errors are far
    below.

    torch hands the roots of float32 tensors to MKL's vector library, which starts from an approximate
    instruction whose result differs between makers of processors; no variable governs it (15 % of the roots
    were off by a bit on an Intel Xeon). atan and log10 differ, too; nothing here uses them.
    """
    return x.double().sqrt().to(x.dtype)
