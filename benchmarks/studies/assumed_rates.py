"""Rates that a card is assumed to reach, from its published figures: for `make why ASSUME=`.

    python -m benchmarks.studies.assumed_rates h100 --output benchmarks/rates/h100_assumed.json

Nothing is measured. On torch's meta device the FLOP and the bytes of a pass are counted, each operation
reading its inputs and writing its outputs as without fusion. Arithmetic runs at a share of the card's peak,
traffic at a share of its bandwidth. Typical: one after the other; high: at the same time;
low: half of typical.
"""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, product
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.lib import harness
from benchmarks.lib.subjects import model_settings
from cobra.artifacts.files import write_bytes
from cobra.experiment.rates import Rate, Rates, Spread
from cobra.machine import script
from cobra.training.networks.network import Network, build_network, folded

REACHED = 0.8  # of the peak by large matrix products, and of the bandwidth by large copies
SLOWEST = 0.5  # of the typical rate
IMAGES = 8  # that are counted; a pass is linear in them
PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


@dataclass(frozen=True)
class Card:
    """Published figures: dense FLOP per second with tensor cores by number format (fp32: as TF32), bytes per
    second, GiB.
    """

    name: str
    peak: dict[str, float]
    bandwidth: float
    gib: float
    source: str


CARDS = {
    "h100": Card(
        "NVIDIA H100 SXM5 80 GB",
        {"fp32": 494.7e12, "bf16": 989.4e12},
        3.35e12,
        80,
        "NVIDIA H100 data sheet, without sparsity",
    ),
    "rtx3090": Card(
        "NVIDIA GeForce RTX 3090",
        {"fp32": 35.6e12, "bf16": 71.2e12},
        0.936e12,
        24,
        "NVIDIA Ampere GA102 white paper, without sparsity",
    ),
}


class Traffic(TorchDispatchMode):
    """Counts the bytes that operations read and write; views move none."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.bytes = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = function(*args, **(kwargs or {}))
        if not function.is_view:
            self.bytes += sum(map(_bytes, [*_tensors(args), *_tensors([found])]))
        return found


def _tensors(values: Any) -> list[Tensor]:
    nested = (_tensors(value) for value in values if isinstance(value, list | tuple))
    return [value for value in values if isinstance(value, Tensor)] + list(chain.from_iterable(nested))


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def main() -> None:
    parser = harness.parser(__doc__, computes=False)
    parser.add_argument("card", choices=CARDS, help="whose published figures")
    args: Namespace = parser.parse_args()
    text = rates_of(CARDS[args.card]).model_dump_json(indent=1) + "\n"
    print(text)
    if args.output is not None:
        path: Path = args.output
        write_bytes(path, text.encode())


def rates_of(card: Card) -> Rates:
    """The rates of the paper's network at both sizes of image, in both number formats."""
    return Rates(
        card=card.name,
        memory_gib=card.gib,
        about=f"Assumed, not measured. Peaks and bandwidth: {card.source}; {REACHED:.0%} of both "
        "are reached. Made by python -m benchmarks.studies.assumed_rates",
        rates=[rate(card, side, precision) for side, precision in product((32, 224), PRECISIONS)],
    )


def rate(card: Card, side: int, precision: Any) -> Rate:
    """The rate of the paper's network; FLOP and bytes per image stand in its source."""
    model, dtype = model_settings(side), PRECISIONS[precision]
    counts = {kind: counted(make(side, dtype)) for kind, make in PASSES.items()}
    spreads = {kind: spread(card, precision, *its) for kind, its in counts.items()}
    told = "; ".join(
        f"{kind}: {flop / 1e9:.2f} GFLOP, {moved / 1e6:.1f} MB" for kind, (flop, moved) in counts.items()
    )
    return Rate(
        backbone=model.backbone,
        width=model.width,
        stem=model.stem,
        side=side,
        precision=precision,
        gradients_per_second=spreads["gradient"],
        views_per_second=spreads["view"],
        basis="assumed",
        source=f"{told}; {card.peak[precision] / 1e12:g} TFLOP/s and {card.bandwidth / 1e12:g} TB/s at peak",
    )


def spread(card: Card, precision: str, flop: float, moved: float) -> Spread:
    """Images per second where each has so many FLOP and bytes."""
    arithmetic, traffic = flop / (REACHED * card.peak[precision]), moved / (REACHED * card.bandwidth)
    typical, high = 1 / (arithmetic + traffic), 1 / max(arithmetic, traffic)
    return Spread(low=round(SLOWEST * typical), typical=round(typical), high=round(high))


def counted(run: Callable[[], object]) -> tuple[float, float]:
    """FLOP and bytes per image of a pass of IMAGES images."""
    with FlopCounterMode(display=False) as flop:
        run()
    with Traffic() as traffic:
        run()
    return flop.get_total_flops() / IMAGES, traffic.bytes / IMAGES


def gradient(side: int, dtype: torch.dtype) -> Callable[[], object]:
    """A pass of images through the folded network and back to them."""
    network, images = folded(_network(side)).to(dtype), _images(side, dtype).requires_grad_()
    return lambda: network.backbone(images).sum().backward()


def view(side: int, dtype: torch.dtype) -> Callable[[], object]:
    """A pass of views through the network in training and back to its weights."""
    network, images = _network(side).train().to(dtype), _images(side, dtype)
    return lambda: network.backbone(images).sum().backward()


PASSES = {"gradient": gradient, "view": view}


def _network(side: int) -> Network:
    return build_network(model_settings(side), seed=0).to("meta")


def _images(side: int, dtype: torch.dtype) -> Tensor:
    return torch.empty(IMAGES, 3, side, side, device="meta", dtype=dtype)


if __name__ == "__main__":
    script.run(main)
