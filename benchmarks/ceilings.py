"""What a machine can do at most, measured: matrix products, convolutions, copies. For roofline.py."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import harness
import timing
import torch
import torch.nn.functional as F

MATRICES = {"cpu": (512, 1024, 2048), "cuda": (2048, 4096, 8192, 16384)}  # rows and columns
CHANNELS, SIDES = (64, 128, 256, 512), (28, 14)  # of 3x3 convolutions
CONVOLVED = {"cpu": 16, "cuda": 512}  # images at once
COPIED = {"cpu": 1 << 28, "cuda": 1 << 30}  # bytes
DTYPES = {"fp32": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16}


def formats(device: torch.device) -> list[str]:
    """The number formats that the device computes convolutions and matrix products in."""
    return ["fp32", "tf32", "bf16"] if device.type == "cuda" else ["fp32", "bf16"]


def format_of(precision: str, device: torch.device) -> str:
    """The format that an attack's setting `precision` comes to: torch takes float32 convolutions of a GPU
    in TF32 unless told otherwise, and ours do not tell it.
    """
    rounded = device.type == "cuda" and precision == "fp32" and torch.backends.cudnn.allow_tf32
    return "tf32" if rounded else precision


def measured(device: torch.device, least: float) -> dict[str, dict[str, float]]:
    """FLOP per second of the best matrix product and the best convolution in each format, and bytes per
    second of a copy (read and written ones together), each over `least` seconds.
    """
    found = {}
    for name in formats(device):
        with computing_in(name):
            found[name] = {
                "matrix": best_matrix(device, name, least),
                "convolution": best_convolution(device, name, least),
            }
    return found | {"copy": {"bytes_per_second": copied(device, least)}}


@contextmanager
def computing_in(name: str) -> Iterator[None]:
    """float32 rounded to TF32 only for that; cuDNN free to choose the fastest algorithm."""
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.allow_tf32, matmul.allow_tf32, cudnn.benchmark, cudnn.deterministic
    cudnn.allow_tf32 = matmul.allow_tf32 = name == "tf32"
    cudnn.benchmark, cudnn.deterministic = True, False
    try:
        yield
    finally:
        cudnn.allow_tf32, matmul.allow_tf32, cudnn.benchmark, cudnn.deterministic = before


@torch.no_grad()
def best_matrix(device: torch.device, name: str, least: float) -> float:
    """FLOP per second of the best size of square matrices."""
    speeds = []
    for size in MATRICES[device.type]:
        left, right = (torch.randn(size, size, device=device).to(DTYPES[name]) for _ in range(2))
        seconds = timing.seconds_each(partial(torch.mm, left, right), harness.wait_for(device), least=least)
        speeds.append(2 * size**3 / seconds)
    return max(speeds)


@torch.no_grad()
def best_convolution(device: torch.device, name: str, least: float) -> float:
    """FLOP per second of the best 3x3 convolution, as many channels in as out."""
    speeds, batch = [], CONVOLVED[device.type]
    for channels, side in itertools.product(CHANNELS, SIDES):
        images = torch.randn(batch, channels, side, side, device=device).to(DTYPES[name])
        weights = torch.randn(channels, channels, 3, 3, device=device).to(DTYPES[name])
        images, weights = (its.contiguous(memory_format=torch.channels_last) for its in (images, weights))
        run = partial(F.conv2d, images, weights, padding=1)
        seconds = timing.seconds_each(run, harness.wait_for(device), least=least)
        speeds.append(2 * batch * side**2 * 9 * channels**2 / seconds)
    return max(speeds)


def copied(device: torch.device, least: float) -> float:
    """Bytes per second that a large copy reads and writes."""
    source = torch.zeros(COPIED[device.type], dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    seconds = timing.seconds_each(lambda: target.copy_(source), harness.wait_for(device), least=least)
    return 2 * source.numel() / seconds
