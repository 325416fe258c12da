"""The convolutions of a network, counted in a forward pass: their FLOP, bytes and time. For roofline.py."""

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any

import harness
import timing
import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Shape:
    """A convolution of square images: channels and pixels a side that go in and out, kernel, stride,
    padding.
    """

    inputs: int
    outputs: int
    side_in: int
    side_out: int
    kernel: int
    stride: int
    padding: int

    def flop(self, batch: int) -> int:
        """Of the forward pass and, as many, of the gradient of its input; a multiply-add is two."""
        return 2 * batch * self.outputs * self.side_out**2 * self.inputs * self.kernel**2

    def moved(self, batch: int, width: int) -> int:
        """Bytes read and written if each number, `width` bytes wide, is once: input, weights and output, or
        their gradients.
        """
        images = batch * (self.inputs * self.side_in**2 + self.outputs * self.side_out**2)
        return width * (images + self.outputs * self.inputs * self.kernel**2)

    def __str__(self) -> str:
        size = f"{self.kernel}x{self.kernel}" + (f" / {self.stride}" if self.stride > 1 else "")
        return f"{self.inputs} -> {self.outputs}, {size}, from {self.side_in}x{self.side_in}"


@torch.no_grad()
def counted(network: nn.Module, images: Tensor) -> Counter[Shape]:
    """The convolutions that `images` [N, C, S, S] go through in `network`, and how often."""
    found: Counter[Shape] = Counter()

    def count(module: nn.Module, given: tuple[Tensor], result: Tensor) -> None:
        its: Any = module
        sides = given[0].shape[-1], result.shape[-1]
        found[
            Shape(
                its.in_channels, its.out_channels, *sides, its.kernel_size[0], its.stride[0], its.padding[0]
            )
        ] += 1

    convolutions = [its for its in network.modules() if isinstance(its, nn.Conv2d)]
    hooks = [its.register_forward_hook(count) for its in convolutions]
    try:
        network(images)
    finally:
        for hook in hooks:
            hook.remove()
    return found


@torch.no_grad()
def timed(
    shape: Shape, batch: int, dtype: torch.dtype, device: torch.device, least: float
) -> dict[str, float]:
    """Seconds of the forward pass and of the input's gradient, channels last."""

    def random(*size: int) -> Tensor:
        made = torch.randn(*size, device=device).to(dtype)
        return made.contiguous(memory_format=torch.channels_last)

    images = random(batch, shape.inputs, shape.side_in, shape.side_in)
    weights = random(shape.outputs, shape.inputs, shape.kernel, shape.kernel)
    bias = torch.zeros(shape.outputs, device=device, dtype=dtype)
    geometry = [shape.stride] * 2, [shape.padding] * 2, [1, 1], False, [0, 0], 1
    forward = partial(torch.ops.aten.convolution, images, weights, bias, *geometry)
    gradient = partial(
        torch.ops.aten.convolution_backward,
        forward(), images, weights, [shape.outputs], *geometry, [True, False, False],
    )  # fmt: skip
    wait = harness.wait_for(device)
    return {
        "forward": timing.seconds_each(forward, wait, least=least),
        "gradient": timing.seconds_each(gradient, wait, least=least),
    }


def is_bound_by_memory(intensity: float, flop_per_second: float, bytes_per_second: float) -> bool:
    """Whether so many FLOP per byte take less time than moving the byte: left of the roofline's ridge."""
    return intensity < flop_per_second / bytes_per_second


def total_flop(shapes: Counter[Shape], batch: int) -> int:
    """FLOP of all convolutions of a forward pass."""
    return sum(count * shape.flop(batch) for shape, count in shapes.items())
