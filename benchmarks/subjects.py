"""What the benchmarks work on: a detector of random weights in the paper's size, and random images.

Neither speed nor memory depends on what a network has learned.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from cobra.data.one_class import Images, as_unit
from cobra.detector import Detector
from cobra.models import Network, build_network
from cobra.provenance import Identity, library_versions
from cobra.settings.model import ModelSettings

SETTLING = 5  # passes in which batch norms take up statistics: without them scores hardly differ


def model_settings(side: int, width: int = 64) -> ModelSettings:
    """The paper's ResNet-18, with the stem that images of side x side pixels get."""
    return ModelSettings(width=width, stem="low" if side <= 64 else "high")


def random_bytes(count: int, side: int, seed: int = 0) -> Images:
    """Random uint8 images [N, 3, side, side], numbered."""
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (count, 3, side, side), dtype=torch.uint8, generator=generator)
    return Images(pixels, torch.arange(count))


def coloured(count: int, coarse: int, seed: int) -> Images:
    """Images of 32x32 in which as many random colours a side run into each other."""
    generator = torch.Generator().manual_seed(seed)
    colours = torch.rand(count, 3, coarse, coarse, generator=generator)
    smooth = F.interpolate(colours, size=32, mode="bilinear")
    return Images((255 * smooth).round().byte(), torch.arange(count))


def settled_network(side: int, width: int = 64) -> Network:
    """A network of random weights in evaluation mode, its batch norms' statistics those of random images."""
    network = build_network(model_settings(side, width), seed=0)
    images = as_unit(random_bytes(8, side).pixels[:])
    with torch.no_grad():
        for _ in range(SETTLING):
            network.train().features(images)
    return network.eval()


def detector(side: int, memory: int, device: torch.device, width: int = 64) -> Detector:
    """A detector with the similarity score and `memory` random entries of its memory bank."""
    network = settled_network(side, width)
    generator = torch.Generator().manual_seed(1)

    def entries(dim: int) -> Tensor:
        return F.normalize(torch.randn(memory, dim, generator=generator), dim=1)

    banks = {
        "projection": entries(network.settings.projection_dim),
        "backbone": entries(network.backbone.dim),
    }
    identity = Identity(
        kind="detector",
        subject={"dataset": "random", "normal": "0", "method": "random", "seed": 0},
        settings={},
        code="",
        inputs={},
        versions=library_versions(),
        device=device.type,
    )
    return Detector(network, banks, {"projection": 1.0, "backbone": 1.0, "classifier": 1.0}, identity).to(
        device
    )
