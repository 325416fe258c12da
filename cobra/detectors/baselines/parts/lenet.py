"""The LeNet-like network of Ruff et al. 2018 and, upside down, its decoder; the training of both as an
autoencoder. No bias terms anywhere.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cobra.detectors.baselines.parts.adam import LearningSettings
from cobra.detectors.baselines.parts.baseline import Training
from cobra.detectors.baselines.parts.halving import halved
from cobra.detectors.baselines.parts.learning import learn, seeded
from cobra.settings.section import Section, setting

LEAK = 0.1  # of the leaky ReLU (Ruff et al. 2018, section 4.1)
EPS = 1e-4  # of the batch norm (released code)


class LeNetSettings(Section):
    """Convolutions of 5x5, each with batch norm, leaky ReLU and 2x2 pooling; then a linear layer."""

    channels: list[int] = setting(
        [32, 64, 128],
        "Of the convolutions (Ruff et al., section 4.3, CIFAR-10).",
        paper=[32, 64, 128],
        min_length=1,
    )
    latent: int = setting(128, "Dimension of the output (Ruff et al., section 4.3).", paper=128, ge=1)


class Encoder(nn.Module):
    """Images [N, 3, side, side] -> [N, latent]."""

    def __init__(self, settings: LeNetSettings, side: int) -> None:
        super().__init__()
        pairs = zip([3, *settings.channels], settings.channels, strict=False)
        self.convs = nn.ModuleList(_conv(before, after) for before, after in pairs)
        self.norms = nn.ModuleList(_norm(count) for count in settings.channels)
        size = settings.channels[-1] * _smallest(settings, side) ** 2
        self.dense = nn.Linear(size, settings.latent, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """The representation."""
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = F.max_pool2d(F.leaky_relu(norm(conv(x)), LEAK), 2)
        return self.dense(x.flatten(1))


class Decoder(nn.Module):
    """[N, latent] -> images [N, 3, side, side] in [0, 1]."""

    def __init__(self, settings: LeNetSettings, side: int) -> None:
        super().__init__()
        channels = settings.channels[::-1]
        self.shape = (channels[0], _smallest(settings, side), _smallest(settings, side))
        self.dense = nn.Linear(settings.latent, channels[0] * self.shape[1] ** 2, bias=False)
        self.norms = nn.ModuleList(_norm(count) for count in channels)
        pairs = zip(channels, [*channels[1:], 3], strict=True)
        self.convs = nn.ModuleList(_conv(before, after) for before, after in pairs)

    def forward(self, x: Tensor) -> Tensor:
        """The images."""
        x = self.dense(x).unflatten(1, self.shape)
        for norm, conv in zip(self.norms, self.convs, strict=True):
            x = conv(F.interpolate(F.leaky_relu(norm(x), LEAK), scale_factor=2, mode="nearest"))
        return torch.sigmoid(x)


class Autoencoder(nn.Module):
    """Images -> images."""

    def __init__(self, settings: LeNetSettings, side: int) -> None:
        super().__init__()
        self.encoder = Encoder(settings, side)
        self.decoder = Decoder(settings, side)

    def errors(self, images: Tensor) -> Tensor:
        """The mean squared difference [N] of each image and its reconstruction."""
        return (self.decoder(self.encoder(images)) - images).square().mean(dim=(1, 2, 3))


def _conv(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 5, padding=2, bias=False)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=EPS, affine=False)


def _smallest(settings: LeNetSettings, side: int) -> int:
    """The side after all poolings; raises UserError if one of them cannot halve it."""
    return halved(side, len(settings.channels), "network.channels")


def trained_autoencoder(
    network: LeNetSettings, schedule: LearningSettings, training: Training
) -> Autoencoder:
    """An autoencoder of the mean squared error on the normal images."""
    made = seeded(lambda: Autoencoder(network, training.side), training, "autoencoder")
    learn(made, lambda images, _: made.errors(images).mean(), schedule, training, "autoencoder")
    return made
