"""Detectors, trainings and attacks of the paper's size, on random weights and random images.

Neither speed nor memory depends on what a network has learned.
"""

from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from cobra.artifacts.identity import Identity, make_identity
from cobra.attacks.attack import Attacked, attack
from cobra.attacks.settings import AttackSettings
from cobra.data.one_class import as_unit
from cobra.data.prepared_writer import write_prepared
from cobra.data.raw import RawImages
from cobra.data.settings import PreparationSettings
from cobra.detectors.detector import Detector
from cobra.detectors.scoring import Score
from cobra.experiment.random_training import random_bytes
from cobra.training.networks.network import Network, build_network
from cobra.training.networks.settings import ModelSettings
from cobra.training.settings import DetectorSettings
from cobra.training.trainer import Trainer

EPS = {32: 4 / 255, 224: 2 / 255}  # the paper's, by the pixels of a side
SETTLING = 5  # passes in which batch norms take up statistics: without them scores hardly differ


def model_settings(side: int, width: int = 64) -> ModelSettings:
    """The paper's ResNet-18, with the stem for images of side x side pixels."""
    return ModelSettings(width=width, stem="low" if side <= 64 else "high")


def random_images(count: int, side: int, device: torch.device, seed: int = 0) -> Tensor:
    """Random images [N, 3, side, side] in [0, 1] on the device."""
    return as_unit(random_bytes(count, side, seed).to(device).pixels[:])


def settled_network(side: int, width: int = 64) -> Network:
    """A network of random weights in evaluation mode, its batch norms settled on random images."""
    network = build_network(model_settings(side, width), seed=0).train()
    with torch.no_grad():
        for _ in range(SETTLING):
            network.features(random_images(8, side, torch.device("cpu")))
    return network.eval()


def identity_of(settings: DetectorSettings) -> Identity:
    """The identity of a detector that is made for the moment."""
    subject: dict[str, str | int] = {"dataset": "random", "normal": "0", "method": "random", "seed": 0}
    return make_identity("detector", subject, settings, __file__)


def detector(side: int, memory: int, device: torch.device, width: int = 64) -> Detector:
    """A detector with the similarity score and `memory` random entries of its memory bank."""
    network = settled_network(side, width)
    generator = torch.Generator().manual_seed(1)
    dims = {"projection": network.settings.projection_dim, "backbone": network.backbone.dim}
    banks = {name: F.normalize(torch.randn(memory, dim, generator=generator)) for name, dim in dims.items()}
    identity = identity_of(DetectorSettings(model=network.settings))
    return Detector(network, banks, dict.fromkeys([*dims, "classifier"], 1.0), identity).to(device)


def prepare(path: Path, raw: RawImages, side: int, threads: int = 1) -> None:
    """A prepared array of side x side pixels of images of the classes a and b."""
    settings = PreparationSettings(
        reader="class_folders", protocol="one_vs_rest", classes=["a", "b"], resolution=side
    )
    identity = make_identity("prepared", {"dataset": "random"}, settings, __file__)
    write_prepared(path, raw, settings, identity, strict=False, threads=threads)


def attack_of(score: Score, images: Tensor, settings: AttackSettings) -> Callable[[], Attacked]:
    """The attack on a block of test images, of which each second one is an anomaly."""
    ids = torch.arange(len(images), device=images.device)
    return lambda: attack(score, images, ids % 2 == 1, settings, image_ids=ids, seed=0)


def trainer(device: torch.device, batch: int, side: int, width: int = 64, **sections: object) -> Trainer:
    """A training on `batch` random images with the paper's settings but for those of `sections`."""
    whole = {"model": model_settings(side, width), "schedule": {"batch_size": batch}} | sections
    return Trainer(random_bytes(batch, side).to(device), DetectorSettings.model_validate(whole), seed=0)
