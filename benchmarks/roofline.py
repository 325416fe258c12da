"""FLOP per second of a training step and of an attack, as shares of the device's ceilings; time by kernel.

    python -m benchmarks.roofline --threads 1 --batch 32 --output roofline.json

torch counts the FLOP (a multiply-add is two) of the convolutions and matrix products that run, and its
profiler tells the time of each operation. The ceilings are the fastest 3x3 convolution and the fastest square
matrix product measured on the same device in the same number format; on a GPU fp32 there means TF32.
"""

import re
from argparse import Namespace
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import product
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.lib import harness, timing
from benchmarks.lib.subjects import EPS, attack_of, detector, random_images, trainer
from cobra.attacks.batching import steady
from cobra.attacks.settings import AttackSettings
from cobra.experiment.random_training import training_step
from cobra.machine import options, script
from cobra.machine.device import prepare_device

PRECISIONS: tuple[Literal["fp32", "bf16"], ...] = ("fp32", "bf16")
BATCHES = {"cpu": {32: [32], 224: [8]}, "cuda": {32: [64, 256, 1024, 4096], 224: [16, 64, 256]}}
TRAINED = {"cpu": 4, "cuda": 128}  # normal images of a training step
CONVOLVED = {"cpu": 16, "cuda": 512}  # images of a convolution
CHANNELS, SIDES = (64, 128, 256, 512), (28, 14)  # of the 3x3 convolutions
MATRICES = {"cpu": (512, 1024, 2048), "cuda": (2048, 4096, 8192, 16384)}  # rows and columns
KINDS = {  # of operations, by a pattern of torch's name: the first that matches
    "convolutions, gradients": r"(?i)convolution_?backward",
    "convolutions, forward": r"(?i)conv",
    "matrix products": r"mm(_|\b)|matmul|linear",
    "batch norm": r"(?i)batch_?norm",
    "copies and casts": r"copy_|::cat\b|::clone\b",
    "elementwise and others": "",
}
OUTSIDE = "outside of these operations"
Run = Callable[[], object]


def main() -> None:
    parser = harness.parser(__doc__, side=32, steps=50, rounds=3, memory=5000, width=64)
    parser.add_argument(
        "--batch", type=options.positive, nargs="+", help=f"images of an attack; default {BATCHES}"
    )
    parser.add_argument(
        "--training-batch", type=options.positive, help=f"normal images of a step; default {TRAINED}"
    )
    parser.add_argument(
        "--least", type=options.seconds, default=0.2, help="seconds that a ceiling is measured for"
    )
    args = parser.parse_args()
    device = prepare_device(args.device, args.threads)
    where = harness.machine(device)
    limits = {precision: ceilings(device, precision, args.least) for precision in PRECISIONS}
    works = [its | measured(run, device, args.rounds) for its, run in runs(args, device)]
    for its in works:
        for name, most in limits[its["precision"]].items():
            its[f"of_{name}"] = its["flop_per_second"] / most
    result = {"machine": where, "ceilings": limits, "works": works}
    harness.publish(args.output, result, text_of(result, args))


def runs(args: Namespace, device: torch.device) -> Iterator[tuple[dict[str, Any], Run]]:
    """The attack at each batch and the training step, in each precision."""
    subject = detector(args.side, args.memory, device, args.width)
    run: Run
    for batch, precision in product(args.batch or BATCHES[device.type][args.side], PRECISIONS):
        settings = AttackSettings(eps=EPS[args.side], steps=args.steps, restarts=1, precision=precision)
        run = attack_of(steady(subject.score), random_images(batch, args.side, device, seed=2), settings)
        yield {"work": "attack", "images": batch, "steps": args.steps, "precision": precision}, run
    batch = args.training_batch or TRAINED[device.type]
    adversary = {"eps": EPS[args.side]}
    for precision in PRECISIONS:
        schedule = {"batch_size": batch, "precision": precision}
        made = trainer(device, batch, args.side, args.width, adversary=adversary, schedule=schedule)
        yield {"work": "training", "images": batch, "steps": 1, "precision": precision}, training_step(made)


def measured(run: Run, device: torch.device, rounds: int) -> dict[str, Any]:
    """FLOP and seconds of a run, and its seconds by kind of operation."""
    flop, clock = flop_of(run), timing.clock_of(device)  # counting warms up, too
    seconds = min(timing.timed(run, clock) for _ in range(rounds))
    kinds = profiled(run, clock, on_gpu=device.type == "cuda")
    return {"flop": flop, "seconds": seconds, "flop_per_second": flop / seconds, "kinds": kinds}


def flop_of(run: Run) -> int:
    """FLOP of the convolutions and matrix products of a run, forwards and backwards."""
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()


def profiled(run: Run, clock: timing.Clock, *, on_gpu: bool) -> dict[str, float]:
    """Seconds of a run by kind of operation: of its kernels on a GPU, else of the processor."""
    with profile(activities=[ProfilerActivity.CPU, *[ProfilerActivity.CUDA] * on_gpu]) as profiler:
        whole = timing.timed(run, clock)
    found = by_kind(profiler.key_averages(), "self_device_time_total" if on_gpu else "self_cpu_time_total")
    return found | {OUTSIDE: max(0.0, whole - sum(found.values()))}


def by_kind(events: Iterable[Any], time: str) -> dict[str, float]:
    """Seconds by kind, from the attribute `time` of operations, in microseconds. A kernel's time is that of
    the operation that started it; its own event would count it twice.
    """
    found: dict[str, float] = defaultdict(float)
    for event in events:
        if event.device_type.name == "CPU":
            kind = next(kind for kind, pattern in KINDS.items() if re.search(pattern, event.key))
            found[kind] += getattr(event, time) / 1e6
    return dict(found)


@torch.no_grad()
def ceilings(device: torch.device, precision: str, least: float) -> dict[str, float]:
    """FLOP per second of the fastest convolution and of the fastest matrix product."""
    images, clock = CONVOLVED[device.type], timing.clock_of(device)

    def random(*shape: int) -> torch.Tensor:
        made = torch.randn(shape, device=device).to(torch.bfloat16 if precision == "bf16" else torch.float32)
        return made.contiguous(memory_format=torch.channels_last) if len(shape) == 4 else made

    def convolution(channels: int, side: int) -> float:
        shapes = (images, channels, side, side), (channels, channels, 3, 3)
        run = partial(F.conv2d, *(random(*shape) for shape in shapes), padding=1)
        return 2 * images * side**2 * 9 * channels**2 / timing.fastest(run, clock, least)

    def matrix(size: int) -> float:
        run = partial(torch.mm, random(size, size), random(size, size))
        return 2 * size**3 / timing.fastest(run, clock, least)

    with fastest_algorithms():
        best = max(convolution(channels, side) for channels, side in product(CHANNELS, SIDES))
        return {"convolution": best, "matrix": max(map(matrix, MATRICES[device.type]))}


@contextmanager
def fastest_algorithms() -> Iterator[None]:
    """CuDNN may choose its algorithms; matrix products round fp32 to TF32, as convolutions do by default."""
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.benchmark, cudnn.deterministic, matmul.allow_tf32
    cudnn.benchmark, cudnn.deterministic, matmul.allow_tf32 = True, False, cudnn.allow_tf32
    try:
        yield
    finally:
        cudnn.benchmark, cudnn.deterministic, matmul.allow_tf32 = before


def text_of(result: dict[str, Any], args: Namespace) -> str:
    """Ceilings, speeds, and shares of time as tables."""
    works, title = result["works"], f"ResNet-18 of width {args.width}, {args.side}x{args.side} pixels"
    limits = [
        {"format": name} | {f"{kind}, GFLOP/s": f"{most / 1e9:,.1f}" for kind, most in its.items()}
        for name, its in result["ceilings"].items()
    ]
    note = (
        f"the fastest of {args.rounds} calls; an attack has {args.steps} steps, and clean scores and looks "
        f"in fp32 besides, on {args.memory:,} memory entries; training's has 10"
    )
    kinds = [{"kind": kind} | dict(share(kind, its) for its in works) for kind in (*KINDS, OUTSIDE)]
    tables = [
        harness.markdown("The device's ceilings", result["machine"], limits),
        harness.markdown(f"Training and attack, {title}", {}, map(row, works), [note]),
        harness.markdown("Time by kind of operation, of one call under torch's profiler", {}, kinds),
    ]
    return "\n".join(tables)


def row(its: dict[str, Any]) -> dict[str, str]:
    ceilings = {f"of the {name} ceiling": f"{its[f'of_{name}']:.1%}" for name in ("convolution", "matrix")}
    return {
        "step of": its["work"],
        "images": str(its["images"]),
        "precision": its["precision"],
        "ms": f"{1000 * its['seconds'] / its['steps']:.2f}",
        "GFLOP": f"{its['flop'] / its['steps'] / 1e9:,.2f}",
        "GFLOP/s": f"{its['flop_per_second'] / 1e9:,.1f}",
    } | ceilings


def share(kind: str, its: dict[str, Any]) -> tuple[str, str]:
    """A column, and a kind's share of the time of its call."""
    seconds = its["kinds"].get(kind, 0) / sum(its["kinds"].values())
    return f"{its['work']}, {its['images']}, {its['precision']}", f"{seconds:.1%}"


if __name__ == "__main__":
    script.run(main)
