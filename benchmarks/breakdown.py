"""Where the time of an attack goes, by torch's profiler: parts of the call, forwards and backwards.

A forward operation belongs to the innermost marked part that it runs in; a backward one to the part of the
forward operation that it is the gradient of, which the profiler numbers alike.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import harness
import torch
from torch import Tensor, nn
from torch._C._autograd import DeviceType  # torch.autograd has it, but does not export it
from torch.profiler import ProfilerActivity, profile, record_function

from cobra.ascent import Ball, Move, steepest_steps
from cobra.attacks.strategies import pgd
from cobra.detector import Detector
from cobra.scoring import Score

NETWORK, SCORE, MOVE = "part: network", "part: score", "part: move"
FORWARD, GRADIENT = "convolutions, forward", "convolutions, input gradient"
OTHERS, HEAD, STEP, REST = "other network operations", "head and memory", "sign, step, project", "rest"
PARTS = (FORWARD, GRADIENT, OTHERS, HEAD, STEP, REST)
OF_MARK = {NETWORK: OTHERS, SCORE: HEAD, MOVE: STEP}
FORWARD_OPERATIONS = {"aten::conv2d", "aten::convolution"}  # casts of their inputs run in them
BACKWARD = ("aten::convolution_backward", "ConvolutionBackward0")


def backbones(detector: Detector) -> list[nn.Module]:
    """The networks that its score goes through, in full and in bf16."""
    return [detector.scorer.backbone, detector.half.backbone]


def marked_score(score: Score) -> Score:
    """`score`, its calls marked."""

    def marked(images: Tensor) -> Tensor:
        with record_function(SCORE):
            return score(images)

    return marked


@contextmanager
def marked(networks: Sequence[nn.Module]) -> Iterator[None]:
    """The passes through `networks` and PGD's moves are marked for the profiler."""
    open_marks: list[Any] = []

    def enter(*_: object) -> None:
        open_marks.append(record_function(NETWORK).__enter__())

    def leave(*_: object) -> None:
        open_marks.pop().__exit__(None, None, None)

    hooks = [network.register_forward_pre_hook(enter) for network in networks]
    hooks += [network.register_forward_hook(leave) for network in networks]
    try:
        with patch.object(pgd, "steepest_steps", marked_steps):
            yield
    finally:
        for hook in hooks:
            hook.remove()


def marked_steps(ball: Ball, size: float) -> Move:
    """PGD's move, marked."""
    move = steepest_steps(ball, size)

    def made(images: Tensor, values: Tensor, gradient: Tensor) -> Tensor:
        with record_function(MOVE):
            return move(images, values, gradient)

    return made


def profiled(
    run: Callable[[], object], networks: Sequence[nn.Module], device: torch.device
) -> dict[str, float]:
    """Seconds of one `run` by part; on a GPU those that its kernels take, the GPU's waiting in the rest, and
    there too all kernels that no operation of torch names (of a captured graph).
    """
    on_gpu = device.type == "cuda"
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_gpu else [])]
    wait = harness.wait_for(device)
    with marked(networks):
        run()
        with profile(activities=activities) as profiler:
            wait()
            began = time.perf_counter()
            run()
            wait()
            whole = time.perf_counter() - began
    found = by_part(profiler.events() or [], on_gpu=on_gpu)
    if on_gpu:
        found[REST] += max(0.0, whole - sum(found.values()))
    return found


def by_part(events: Iterable[Any], *, on_gpu: bool) -> dict[str, float]:
    """Seconds of each of PARTS: of the profiler's events the kernels' time, or else the processor's."""
    own = [event for event in events if event.device_type == DeviceType.CPU]
    marks = {
        (event.thread, event.sequence_nr): mark
        for event in own
        if event.sequence_nr >= 0 and not is_backward(event) and (mark := mark_of(event))
    }
    found: dict[str, float] = defaultdict(float, dict.fromkeys(PARTS, 0.0))
    for event in own:
        microseconds = (
            sum(kernel.duration for kernel in event.kernels) if on_gpu else event.self_cpu_time_total
        )
        found[part_of(event, marks)] += microseconds / 1e6
    return dict(found)


def part_of(event: Any, marks: dict[tuple[int, int], str]) -> str:
    """The part that an event belongs to."""
    names = [its.name for its in lineage(event)]
    if any(name.endswith(BACKWARD) for name in names):
        return GRADIENT
    if not FORWARD_OPERATIONS.isdisjoint(names):
        return FORWARD
    node = next((its for its in lineage(event) if is_backward(its)), None)
    mark = mark_of(event) if node is None else marks.get((node.fwd_thread, node.sequence_nr))
    return OF_MARK.get(mark or "", REST)


def lineage(event: Any) -> Iterator[Any]:
    """An event and those that it runs in, the innermost first."""
    while event is not None:
        yield event
        event = event.cpu_parent


def is_backward(event: Any) -> bool:
    """Whether it is a step of autograd's backward pass."""
    return event.name.startswith("autograd::engine::evaluate_function")


def mark_of(event: Any) -> str | None:
    """The innermost marked part that an event runs in."""
    return next((its.name for its in lineage(event) if its.name in OF_MARK), None)
