"""Images, networks and scores small enough for a test."""

import copy
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from cobra.artifacts.identity import Identity
from cobra.attacks.restart import Restart
from cobra.attacks.settings import AttackSettings
from cobra.data.one_class import Images, TestImages
from cobra.detectors.detector import Detector
from cobra.detectors.scoring import Score
from cobra.detectors.settings import OwnDetectorSettings
from cobra.detectors.user_detector import own_score
from cobra.training.networks.network import Network, build_network, make_backbone
from cobra.training.networks.settings import ModelSettings

SCORE = "\ndef score(images):\n    return images.square().mean(dim=(1, 2, 3))\n"  # a user's module
TINY_MODEL = ModelSettings(backbone="resnet10", width=2, projection_dim=8)


def unit_images(count: int, side: int = 16, seed: int = 0) -> Tensor:
    """Random float images [N, 3, side, side] in [0, 1], their ends included."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(count, 3, side, side, generator=generator)
    images[..., 0, 0], images[..., -1, -1] = 0, 1
    return images


FEW_IMAGES = unit_images(5, side=8)


def byte_images(count: int, side: int = 16, seed: int = 0) -> Images:
    """The same as uint8, with ids that are not their rows."""
    pixels = (unit_images(count, side, seed) * 255).round().byte()
    return Images(pixels, torch.arange(count) * 7 + 3)


def multiply_adds(model: ModelSettings, side: int) -> float:
    """Multiply-adds of the network, without its heads, for an image of side x side pixels, by torch."""
    if model.residual is None:
        model = model.model_copy(update={"image_side": side})
    with torch.device("meta"), FlopCounterMode(display=False) as counted:
        make_backbone(model).eval()(torch.empty(1, 3, side, side))
    return counted.get_total_flops() / 2


def two_groups(normal: int, anomalies: int, side: int = 8) -> TestImages:
    images = byte_images(normal + anomalies, side)
    names = ["a"] * normal + ["b"] * anomalies
    return TestImages(images, torch.arange(normal + anomalies) >= normal, names)


def tiny_network(seed: int = 0) -> Network:
    return build_network(TINY_MODEL, seed)


@cache
def settled_network(width: int = 2) -> Network:
    """A network with statistics as after training: without them its scores hardly differ."""
    network = build_network(ModelSettings(backbone="resnet10", width=width, projection_dim=8), seed=0)
    with torch.no_grad():
        for _ in range(20):
            network.train().features(unit_images(16))
    return network.eval()


def precise_detector(identity: Identity, width: int = 2) -> Detector:
    """A detector that computes in double precision throughout (ours rounds features to float32)."""
    network = copy.deepcopy(settled_network(width)).double()
    network.features = lambda images: network.backbone(images.double())
    return Detector.build(network, byte_images(16), identity)


def wavy(images: Tensor) -> Tensor:
    """A score with many local optima, computed image by image: batches do not change its rounding."""
    weights = torch.linspace(-1, 1, images.shape[1:].numel()).reshape(images.shape[1:])
    return (weights * torch.sin(9 * images)).sum(dim=(1, 2, 3))


def linear_score(shape: tuple[int, ...], seed: int = 3) -> tuple[Score, Tensor]:
    """A score that is a weighted sum of the pixels, and the weights."""
    generator = torch.Generator().manual_seed(seed)
    weights = torch.rand(*shape, generator=generator) - 0.5
    return lambda images: (weights * images).sum(dim=(1, 2, 3)), weights


def restart_of(score: Score, images: Tensor, settings: AttackSettings, **fields: Any) -> Restart:
    """A restart, the first unless told otherwise, that raises the score of images that are numbered."""
    count = len(images)
    known = {
        "image_ids": torch.arange(count),
        "seed": 0,
        "direction": torch.ones(count),
        "number": 0,
        "guide": None,
        "earlier": torch.zeros(count, 0),
        "clean": torch.zeros(count),  # for most strategies of no interest
    }
    return Restart(score=score, images=images, settings=settings, **known | fields)


def own(name: str, form: str = "score") -> Score:
    """The score of a user's function, as `score` or `fit`."""
    settings = OwnDetectorSettings.model_validate({form: name})
    return own_score(settings, lambda: FEW_IMAGES, torch.device("cpu"))


def wrote(folder: Path, text: str, name: str = "guest") -> Score:
    """The score of a user's module with this text."""
    (folder / f"{name}.py").write_text(text)
    return own(f"{name}:score")


def deep_merge(base: dict, *overrides: dict) -> dict:
    """`base` with `overrides` laid over it; all dictionaries merge."""
    merged = dict(base)
    for override in overrides:
        for key, value in override.items():
            both = isinstance(merged.get(key), dict) and isinstance(value, dict)
            merged[key] = deep_merge(merged[key], value) if both else value
    return merged
