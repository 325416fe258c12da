"""Backbones and heads: images -> features -> embedding and class logits."""

import copy
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cobra.randomness import derive_seed
from cobra.training.networks.resnet import ResNet, fold
from cobra.training.networks.settings import ModelSettings

if TYPE_CHECKING:
    from cobra.training.networks.timm_backbone import TimmNetwork


class Network(nn.Module):
    """F, G and H of the paper: backbone, projection head (two layers, 128-d: released code), classifier."""

    def __init__(self, settings: ModelSettings, groups: int = 2) -> None:
        super().__init__()
        self.settings = settings
        self.groups = groups
        self.backbone = make_backbone(settings)
        dim = self.backbone.dim
        self.projection = nn.Sequential(
            nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, settings.projection_dim)
        )
        self.classifier = nn.Linear(dim, groups)

    def features(self, images: Tensor) -> Tensor:
        """F: images in [0, 1] -> features [N, D], float32 at least, whatever the backbone computes in."""
        if self.settings.normalised:
            images = (images - 0.5) / 0.5
        features = self.backbone(images.contiguous(memory_format=memory_format(self.settings)))
        return features.to(torch.promote_types(features.dtype, torch.float32))

    def project(self, features: Tensor) -> Tensor:
        """Z = G(F(x)), l2-normalised."""
        return F.normalize(self.projection(features), dim=1)

    def logits(self, features: Tensor) -> Tensor:
        """H: features -> logits [N, groups]; the first is of the normal images."""
        return self.classifier(features)

    def embed(self, images: Tensor, space: str) -> Tensor:
        """L2-normalised embedding in `space`: "projection" or "backbone"."""
        features = self.features(images)
        return self.project(features) if space == "projection" else F.normalize(features, dim=1)


def make_backbone(settings: ModelSettings) -> "ResNet | TimmNetwork":
    """The backbone, its weights drawn from torch's global generator."""
    if settings.residual is not None:
        return ResNet(*settings.residual)
    from cobra.training.networks.timm_backbone import TimmNetwork  # what it imports, ours can spare

    return TimmNetwork(settings)


def folded(network: Network) -> Network:
    """A copy for scoring alone, every batch norm of our backbones folded into the convolution before it.

    The same function but for rounding (2e-7 on the demo's scores), at two thirds of a gradient's time (on a
    CPU 14.7 in place of 22.3 ms for 98 images of 16x16, ResNet-10 of width 8). A network of timm's is copied
    as it is: some have no batch norm, and where there is one it stays.
    """
    made = copy.deepcopy(network).eval().requires_grad_(False)
    fold(made)
    return made.to(memory_format=memory_format(network.settings))


def halved(network: Network) -> Network:
    """A copy with the weights of the backbone's convolutions and linear layers in bf16, which autocast would
    make of them in each pass; norms and embeddings it leaves in float32.
    """
    made = copy.deepcopy(network)
    for module in made.backbone.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.to(torch.bfloat16)
    return made


def build_network(settings: ModelSettings, seed: int, groups: int = 2) -> Network:
    """A freshly initialised network (torch's defaults), a function of its arguments alone, whose classifier
    tells so many groups apart.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "initialisation"))
        return Network(settings, groups).to(memory_format=memory_format(settings))


def restored_network(
    settings: ModelSettings, state: dict[str, Tensor], device: torch.device | str
) -> Network:
    """A network in the `state` of a trained one; raises KeyError or RuntimeError if that is of other
    settings.
    """
    network = Network(settings, len(state["classifier.bias"]))
    network.to(memory_format=memory_format(settings)).to(device)
    network.load_state_dict(state)
    return network


def memory_format(settings: ModelSettings) -> torch.memory_format:
    """How the network's tensors lie in memory: channels last, the faster one.

    Only for residual networks of widths 16, 24, 32 and so on: with others oneDNN 3.13 (torch 2.15) on
    processors with AVX2 but without AVX-512 writes beyond its buffers in the backward pass (measured: widths
    2, 3, 4 and 6 crash at 32x32 pixels, width 8 at 224x224; 16, 24, 32 and 40 do not).
    """
    shape = settings.residual
    bearable = shape is not None and shape.width >= 16 and shape.width % 8 == 0
    return torch.channels_last if bearable else torch.contiguous_format
