"""Deep SVDD, one-class objective (Ruff et al. 2018: Deep one-class classification)."""

from typing import Any, Literal

import torch
from torch import Tensor

from cobra.data.one_class import Images, as_unit
from cobra.detectors.baseline_detector import Baseline, Training
from cobra.detectors.baselines.parts.learning import learn, loaded
from cobra.detectors.baselines.parts.lenet import (
    Encoder,
    LearningSettings,
    LeNetSettings,
    trained_autoencoder,
)
from cobra.randomness import ImageRandom
from cobra.settings.section import Section, setting

BATCH = 256


class OneClassSettings(LearningSettings):
    """The schedule of the one-class objective."""

    epochs: int = setting(150, "Passes over the images (Ruff et al., section 4.1).", paper=150, ge=1)
    milestone: int = setting(
        50, "Epochs after which the learning rate is a tenth (Ruff et al., section 4.1).", paper=50, ge=1
    )


class Settings(Section):
    """Of Deep SVDD."""

    kind: Literal["deep_svdd"]
    network: LeNetSettings = LeNetSettings()
    pretraining: LearningSettings = LearningSettings()
    training: OneClassSettings = OneClassSettings()
    least: float = setting(
        0.1, "Coordinates of the centre nearer to 0 are moved there (released code).", paper=0.1, ge=0
    )


class Fitted(Baseline[Settings]):
    """The squared distance of an image's representation to the centre."""

    def __init__(self, settings: Settings, network: dict[str, Tensor], centre: Tensor, side: int) -> None:
        self.network = loaded(Encoder(settings.network, side), network)
        self.centre = centre

    @classmethod
    def fit(cls, settings: Settings, training: Training) -> dict[str, Any]:
        encoder = trained_autoencoder(settings.network, settings.pretraining, training).encoder
        centre = centre_of(encoder, training.images, settings.least)

        def loss(images: Tensor, _: ImageRandom) -> Tensor:
            return distances(encoder(images), centre).mean()

        learn(encoder.requires_grad_(True), loss, settings.training, training, "deep svdd")
        return {"network": encoder.state_dict(), "centre": centre, "side": training.side}

    def score(self, images: Tensor) -> Tensor:
        return distances(self.network(images), self.centre)


@torch.no_grad()
def centre_of(encoder: Encoder, images: Images, least: float) -> Tensor:
    """The mean representation [D] of the normal images before the training, each coordinate at least so far
    from 0: weights all zero map everything to 0 (Ruff et al., section 3.3).
    """
    centre = torch.cat([encoder(as_unit(batch)) for batch in images.pixels.split(BATCH)]).mean(dim=0)
    moved = torch.where(centre < 0, -least, least)
    return torch.where(centre.abs() < least, moved, centre)


def distances(representations: Tensor, centre: Tensor) -> Tensor:
    """Squared distances [N] to the centre (Ruff et al. 2018, equations 4 and 5)."""
    return (representations - centre).square().sum(dim=1)
