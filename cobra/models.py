"""Backbones and heads: images -> features -> embedding and class logits."""

import copy
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from cobra.randomness import derive_seed
from cobra.settings.detector import ModelSettings

BLOCKS = {"resnet10": (1, 1, 1, 1), "resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3)}


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut (He et al. 2016), named as in torchvision.

    In place, for neither convolutions nor norms want their outputs again in the backward pass.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = _shortcut(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(x)).add_(shortcut), inplace=True)


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Module | None:
    if stride == 1 and inputs == outputs:
        return None
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))


class ResNet(nn.Module):
    """Images float [N, 3, H, W] -> features [N, 8 x width].

    Own code because torchvision's has neither a width nor a small stem and doubles a job's import time;
    at width 64 with the high stem it equals torchvision's (a test).
    """

    def __init__(self, name: str, width: int, stem: str) -> None:
        super().__init__()
        kernel, stride, padding = (3, 1, 1) if stem == "low" else (7, 2, 3)
        self.conv1 = nn.Conv2d(3, width, kernel, stride, padding, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.Identity() if stem == "low" else nn.MaxPool2d(3, 2, 1)
        inputs = width
        for stage, blocks in enumerate(BLOCKS[name]):
            outputs = width * 2**stage
            layer = [BasicBlock(inputs, outputs, 1 if stage == 0 else 2)]
            layer += [BasicBlock(outputs, outputs, 1) for _ in range(blocks - 1)]
            self.add_module(f"layer{stage + 1}", nn.Sequential(*layer))
            inputs = outputs
        self.dim = inputs

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(F.relu(self.bn1(self.conv1(x)), inplace=True))
        for stage in range(1, 5):
            x = self.get_submodule(f"layer{stage}")(x)
        return x.mean(dim=(2, 3))


class Network(nn.Module):
    """F, G and H of the paper: backbone, projection head (two layers, 128-d: released code), classifier."""

    def __init__(self, settings: ModelSettings, groups: int = 2) -> None:
        super().__init__()
        self.settings = settings
        self.groups = groups
        self.backbone = ResNet(settings.backbone, settings.width, settings.stem)
        dim = self.backbone.dim
        self.projection = nn.Sequential(
            nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, settings.projection_dim)
        )
        self.classifier = nn.Linear(dim, groups)

    def features(self, images: Tensor) -> Tensor:
        """F: images in [0, 1] -> features [N, D], float32 at least, whatever the backbone computes in."""
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


@torch.no_grad()
def folded(network: Network) -> Network:
    """A copy for scoring alone, every batch norm folded into the convolution before it.

    The same function but for rounding (2e-7 on the demo's scores), at two thirds of a gradient's time (on a
    CPU 14.7 in place of 22.3 ms for 98 images of 16x16, ResNet-10 of width 8).
    """
    made = copy.deepcopy(network).eval().requires_grad_(False)
    for block in [made.backbone, *(module for module in made.modules() if isinstance(module, BasicBlock))]:
        for conv, norm in (("conv1", "bn1"), ("conv2", "bn2")):
            if hasattr(block, conv):
                setattr(block, conv, fuse_conv_bn_eval(getattr(block, conv), getattr(block, norm)))
                setattr(block, norm, nn.Identity())
        shortcut: Any = getattr(block, "downsample", None)
        if shortcut is not None:
            block.downsample = fuse_conv_bn_eval(shortcut[0], shortcut[1])
    return made.to(memory_format=memory_format(network.settings))


def halved(network: Network) -> Network:
    """A copy with the backbone's weights in bf16, which autocast would make of them in each pass."""
    made = copy.deepcopy(network)
    made.backbone.to(torch.bfloat16)
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

    Only for widths 16, 24, 32 and so on: with others oneDNN 3.13 (torch 2.15) on processors with AVX2 but
    without AVX-512 writes beyond its buffers in the backward pass (measured: widths 2, 3, 4 and 6 crash at
    32x32 pixels, width 8 at 224x224; 16, 24, 32 and 40 do not).
    """
    bearable = settings.width >= 16 and settings.width % 8 == 0
    return torch.channels_last if bearable else torch.contiguous_format
