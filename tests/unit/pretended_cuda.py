"""The paths that a GPU takes, without a GPU: tensors that say they are on cuda:0 and are computed on the CPU.

As a program it prints, as JSON, how often the host waited for the device per step of each path: the
difference between a long and a short run of it. A CPU tensor among those of the device is an error, as on
CUDA, unless it has no dimension; so is an operation that has no repeatable form there.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

CUDA = torch.device("cuda:0")
aten = torch.ops.aten
ASKING = {aten._local_scalar_dense.default, aten.nonzero.default, aten.equal.default,
          aten._linalg_check_errors.default, aten.masked_select.default}  # fmt: skip
ANSWERED = ASKING - {aten.nonzero.default, aten.masked_select.default}  # on the CPU
INDEXING = {aten.index.Tensor, aten.index_put.default, aten.index_put_.default}
COPYING = {aten._to_copy.default, aten.copy_.default}
# Those that torch.use_deterministic_algorithms refuses on CUDA, as far as anything here might use them.
UNREPEATABLE = {aten.grid_sampler_2d_backward.default, aten.cumsum.default, aten.median.dim,
                aten.histc.default, aten.kthvalue.default, aten.bincount.default,
                aten._adaptive_avg_pool2d_backward.default, aten.adaptive_max_pool2d.default,
                aten.reflection_pad2d_backward.default,
                aten.replication_pad2d_backward.default, aten.upsample_bilinear2d_backward.default,
                aten.upsample_bicubic2d_backward.default}  # fmt: skip


class OnDevice(torch.Tensor):
    """A tensor of the CPU that says it is on the GPU."""

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> "OnDevice":
        with torch._C._DisableTorchDispatch():
            shape = torch.empty_strided(inner.size(), inner.stride(), dtype=inner.dtype, device="meta")
        return torch.Tensor._make_subclass(cls, shape, False, device_for_backend_keys=CUDA)

    def __init__(self, inner: torch.Tensor) -> None:
        self.inner = inner

    device = property(lambda self: CUDA)
    is_cuda = property(lambda self: True)
    is_cpu = property(lambda self: False)

    def numpy(self, *_: Any) -> None:
        raise TypeError("can't convert cuda:0 device type tensor to numpy.")

    def tolist(self) -> list:
        return self.cpu().tolist()

    def new_tensor(self, data: Any, *, dtype: torch.dtype | None = None) -> torch.Tensor:
        return torch.tensor(data, dtype=dtype or self.dtype, device=CUDA)

    def __deepcopy__(self, memo: dict) -> torch.Tensor:
        made = OnDevice(self.inner.detach().clone())
        return torch.nn.Parameter(made, self.requires_grad) if isinstance(self, torch.nn.Parameter) else made

    @classmethod
    def __torch_dispatch__(cls, function: Any, types: Any, args: tuple = (), kwargs: Any = None) -> Any:
        return computed(function, args, kwargs or {})


WAITS = [0]
FORGIVEN = [False]  # what is not repeatable


def computed(function: Any, args: tuple, kwargs: dict) -> Any:
    """What the CPU makes of an operation, in a tensor of the device if CUDA's would be there."""
    tensors = [its for its in tree_leaves((args, kwargs)) if isinstance(its, torch.Tensor)]
    ours = [its for its in tensors if isinstance(its, OnDevice)]
    wanted = kwargs.get("device")
    to_cpu = wanted is not None and torch.device(wanted).type == "cpu"
    here = not to_cpu and (bool(ours) or wanted is not None)  # meta, too, is the device: see __new__
    if ours or here:
        check(function, args, tensors, ours, crossing=to_cpu or (bool(tensors) and not ours))
    if "device" in kwargs and here:
        kwargs = kwargs | {"device": torch.device("cpu")}
    inner = tree_map(lambda its: its.inner if isinstance(its, OnDevice) else its, (args, kwargs))
    with torch._C._DisableTorchDispatch():
        found = function(*inner[0], **inner[1])
    if function._schema.is_mutable and ours:
        known = {id(its.inner): its for its in ours}
        return tree_map(lambda its: known.get(id(its), its), found)
    if not here or function in ANSWERED:
        return found
    if function is aten._to_copy.default and any(found is its for its in tree_leaves(inner)):
        found = found.clone()
    return tree_map(lambda its: OnDevice(its) if isinstance(its, torch.Tensor) else its, found)


def check(function: Any, args: tuple, tensors: list, ours: list, *, crossing: bool) -> None:
    """Count a wait; raise for tensors of two devices and for what is not repeatable."""
    floating = any(its.is_floating_point() for its in ours)
    if function in UNREPEATABLE and floating and not FORGIVEN[0]:
        raise RuntimeError(f"{function} has no repeatable form on CUDA")
    indices = [its for its in args[1] if its is not None] if function in INDEXING else []
    masks = sum(its.dtype == torch.bool for its in indices)
    WAITS[0] += (function in ASKING) + (crossing and function in COPYING) + masks
    strangers = [its for its in tensors if not isinstance(its, OnDevice) and its.dim() > 0]
    strangers = [its for its in strangers if not any(its is one for one in indices)]
    if function in COPYING:
        WAITS[0] += function is aten.copy_.default and len(ours) < len(tensors)
    elif ours and strangers:
        raise RuntimeError(f"{function}: a tensor {tuple(strangers[0].shape)} of the CPU among the device's")


class Pretending(TorchDispatchMode):
    """Within, what is made on CUDA is made on the CPU and says otherwise."""

    def __enter__(self) -> "Pretending":
        self.before = torch._C._only_lift_cpu_tensors()
        torch._C._set_only_lift_cpu_tensors(True)
        return super().__enter__()

    def __exit__(self, *args: Any) -> None:
        torch._C._set_only_lift_cpu_tensors(self.before)
        return super().__exit__(*args)

    def __torch_dispatch__(self, function: Any, types: Any, args: tuple = (), kwargs: Any = None) -> Any:
        return computed(function, args, kwargs or {})


def pretend() -> None:
    """Have torch believe that CUDA is there."""
    torch.backends.cudnn.enabled = False  # its batch norm has no kernel on the CPU
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    torch.cuda.is_available = lambda: True
    torch.cuda._lazy_init = lambda: None
    torch.cuda.is_bf16_supported = lambda *_, **__: True
    torch.nn.functional.conv2d, torch.nn.functional.linear = (
        in_half(its) for its in (torch.nn.functional.conv2d, torch.nn.functional.linear)
    )


def in_half(function: Callable) -> Callable:
    """What autocast does on CUDA, which torch leaves to a device that is not there."""

    def called(x: Any, weight: Any, bias: Any = None, *args: Any, **kwargs: Any) -> torch.Tensor:
        if torch.is_autocast_enabled("cuda") and isinstance(x, OnDevice):
            x, weight, bias = (None if its is None else its.to(torch.bfloat16) for its in (x, weight, bias))
        return function(x, weight, bias, *args, **kwargs)

    return called


def waits_of(run: Callable[[int], object], few: int, many: int) -> float:
    """Waits per step of `run`, called with numbers of steps."""
    counts = []
    for steps in (few, few, many):  # the first time constants are copied
        before = WAITS[0]
        run(steps)
        counts.append(WAITS[0] - before)
    return (counts[2] - counts[1]) / (many - few)


def main() -> None:
    pretend()
    with tempfile.TemporaryDirectory() as folder, Pretending():
        import pretended_paths  # after torch was told

        json.dump(pretended_paths.waits(Path(folder), waits_of), sys.stdout)


if __name__ == "__main__":
    main()
