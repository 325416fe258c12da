"""What Deep SVDD and the autoencoder that it begins as share: the LeNet-like network of Ruff et al. 2018 and,
upside down, its decoder, and the training of both. No bias terms anywhere.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cobra.detectors.baseline_detector import Training
from cobra.detectors.baselines.parts.learning import Adam, Course, Optimiser, cut, learn, seeded
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


class LearningSettings(Course):
    """Adam, its learning rate cut to a tenth once."""

    epochs: int = setting(350, "Passes over the images (Ruff et al., released code).", paper=350, ge=1)
    milestone: int = setting(
        250, "Epochs after which the learning rate is a tenth (Ruff et al., released code).", paper=250, ge=1
    )
    learning_rate: float = setting(1e-4, "Of Adam (Ruff et al., section 4.1).", paper=1e-4, gt=0)
    batch_size: int = setting(200, "Images per step (Ruff et al., section 4.1).", paper=200, ge=3)
    weight_decay: float = setting(
        5e-7,
        "Times the weights, added to the gradient: half of lambda = 1e-6 (Ruff et al., released code).",
        paper=5e-7,
        ge=0,
    )

    def optimiser(self, network: nn.Module) -> Optimiser:
        return Adam(network, self.weight_decay)

    def rate(self, step: int, steps: int) -> float:
        return cut(self.learning_rate, step // steps, [self.milestone])


class Encoder(nn.Module):
    """Images [N, 3, side, side] -> [N, latent]."""

    def __init__(self, settings: LeNetSettings, side: int) -> None:
        super().__init__()
        pairs = zip([3, *settings.channels], settings.channels, strict=False)
        self.convs = nn.ModuleList(_conv(before, after) for before, after in pairs)
        self.norms = nn.ModuleList(_norm(count) for count in settings.channels)
        smallest = side // 2 ** len(settings.channels)
        self.dense = nn.Linear(settings.channels[-1] * smallest**2, settings.latent, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = F.max_pool2d(F.leaky_relu(norm(conv(x)), LEAK), 2)
        return self.dense(x.flatten(1))


class Decoder(nn.Module):
    """[N, latent] -> images [N, 3, side, side] in [0, 1]."""

    def __init__(self, settings: LeNetSettings, side: int) -> None:
        super().__init__()
        channels = settings.channels[::-1]
        smallest = side // 2 ** len(channels)
        self.shape = (channels[0], smallest, smallest)
        self.dense = nn.Linear(settings.latent, channels[0] * smallest**2, bias=False)
        self.norms = nn.ModuleList(_norm(count) for count in channels)
        pairs = zip(channels, [*channels[1:], 3], strict=True)
        self.convs = nn.ModuleList(_conv(before, after) for before, after in pairs)

    def forward(self, x: Tensor) -> Tensor:
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


def trained_autoencoder(
    network: LeNetSettings, schedule: LearningSettings, training: Training
) -> Autoencoder:
    """An autoencoder of the mean squared error on the normal images; raises UserError if a pooling cannot
    halve their side.
    """
    training.require_halvings(len(network.channels), "network.channels")
    made = seeded(lambda: Autoencoder(network, training.side), training, "autoencoder")
    learn(made, lambda images, _: made.errors(images).mean(), schedule, training, "autoencoder")
    return made
