"""DRAEM (Zavrtanik et al. 2021: A discriminatively trained reconstruction embedding for surface anomaly
detection).

An autoencoder learns to take simulated anomalies out of images, a U-Net to tell from image and
reconstruction where they were. Facts of the released code are those of github.com/VitjanZ/DRAEM, commit
3adbb42. Own code: networks and losses are small, and libraries bind them to their training engines.
"""

from itertools import pairwise
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cobra.detectors.baseline_detector import Baseline, Training
from cobra.detectors.baselines.parts.draem_anomalies import (
    Simulated,
    SimulationSettings,
    TextureSettings,
    simulate,
    texture_source,
)
from cobra.detectors.baselines.parts.learning import Adam, Course, Optimiser, cut, learn, loaded, seeded
from cobra.randomness import ImageRandom
from cobra.settings.section import Section, setting

WINDOW, SIGMA = 11, 1.5  # of structural similarity, in pixels (Wang et al. 2004)
C1, C2 = 0.01**2, 0.03**2  # for values in [0, 1] (Wang et al. 2004)


class NetworkSettings(Section):
    """The channels of each level of the two encoders, as many levels as halvings and one."""

    reconstruction: list[int] = setting(
        [128, 256, 512, 1024, 1024],
        "Of the autoencoder (released code).",
        paper=[128, 256, 512, 1024, 1024],
        min_length=3,
    )
    segmentation: list[int] = setting(
        [64, 128, 256, 512, 512, 512],
        "Of the U-Net (released code).",
        paper=[64, 128, 256, 512, 512, 512],
        min_length=3,
    )


class CourseSettings(Course):
    """Adam, its learning rate cut to a tenth at milestones."""

    epochs: int = setting(700, "Passes over the images (Zavrtanik et al., section 4).", paper=700, ge=1)
    batch_size: int = setting(8, "Images per step (released code).", paper=8, ge=2)
    learning_rate: float = setting(1e-4, "Of Adam (Zavrtanik et al., section 4).", paper=1e-4, gt=0)
    milestones: list[int] = setting(
        [400, 600],
        "Epochs after which the learning rate is cut to a tenth (Zavrtanik et al., section 4).",
        paper=[400, 600],
        released="560 and 630, to a fifth",
    )

    def optimiser(self, network: nn.Module) -> Optimiser:
        return Adam(network)

    def rate(self, step: int, steps: int) -> float:
        return cut(self.learning_rate, step // steps, self.milestones)


class Settings(Section):
    """Of DRAEM."""

    kind: Literal["draem"]
    network: NetworkSettings = NetworkSettings()
    simulation: SimulationSettings = SimulationSettings()
    textures: Literal["none"] | TextureSettings = setting(
        "none",
        "Images that anomalies are made of (Zavrtanik et al.: DTD); none: the training images, their tiles "
        "shuffled.",
        paper="DTD",
    )
    training: CourseSettings = CourseSettings()
    smoothing: int = setting(
        21, "Side of the window over which the anomaly map is averaged (released code).", paper=21, ge=1
    )


class Networks(nn.Module):
    """Images [N, 3, H, W] in [0, 1] -> reconstructions, and logits [N, 2, H, W] of anomalous pixels."""

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        self.reconstruction = Reconstruction(settings.reconstruction)
        self.segmentation = Segmentation(settings.segmentation)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        made = self.reconstruction(images)
        return made, self.segmentation(torch.cat([made, images], dim=1))


class Fitted(Baseline[Settings]):
    """The highest value of the smoothed map of probabilities that a pixel is anomalous."""

    def __init__(self, settings: Settings, networks: dict[str, Tensor]) -> None:
        self.smoothing = settings.smoothing
        self.networks = loaded(Networks(settings.network), networks)

    @classmethod
    def fit(cls, settings: Settings, training: Training) -> dict[str, Any]:
        for name, channels in settings.network:
            training.require_halvings(len(channels) - 1, f"network.{name}")
        source = texture_source(settings.textures, training)
        networks = seeded(lambda: Networks(settings.network).apply(initialise), training, "draem")

        def loss(images: Tensor, random: ImageRandom) -> Tensor:
            return objective(networks, simulate(images, random, source, settings.simulation))

        learn(networks, loss, settings.training, training, "draem")
        return {"networks": networks.state_dict()}

    def score(self, images: Tensor) -> Tensor:
        _, logits = self.networks(images)
        anomalous = logits.softmax(dim=1)[:, 1:]
        smooth = F.avg_pool2d(anomalous, self.smoothing, stride=1, padding=self.smoothing // 2)
        return smooth.flatten(1).max(dim=1).values


def objective(networks: Networks, simulated: Simulated) -> Tensor:
    """L2 and SSIM between the reconstruction and the normal image, focal loss between map and mask
    (Zavrtanik et al., sections 3.1 and 3.2; released code: lambda = 1).
    """
    made, logits = networks(simulated.anomalous)
    squared = F.mse_loss(made, simulated.normal)
    return squared + 1 - structural_similarity(made, simulated.normal) + focal_loss(logits, simulated.mask)


def structural_similarity(one: Tensor, other: Tensor) -> Tensor:
    """The mean SSIM of images [N, C, H, W] in [0, 1], in [-1, 1] (Wang et al. 2004), by Gaussian windows;
    beyond the edges are zeros (DRAEM's released code).
    """
    moments = torch.cat([one, other, one * one, other * other, one * other])
    mean_one, mean_other, *products = _blurred(moments).chunk(5)
    variance = products[0] - mean_one**2 + products[1] - mean_other**2
    covariance = products[2] - mean_one * mean_other
    luminance = (2 * mean_one * mean_other + C1) / (mean_one**2 + mean_other**2 + C1)
    return (luminance * (2 * covariance + C2) / (variance + C2)).mean()


def focal_loss(logits: Tensor, mask: Tensor) -> Tensor:
    """The mean over pixels of -(1 - p)^2 log p, p being the probability of the right one of two classes:
    logits [N, 2, H, W], the second class where bool [N, 1, H, W] (Lin et al. 2017, without its weights).
    """
    logs = F.log_softmax(logits, dim=1)
    right = torch.where(mask, logs[:, 1:], logs[:, :1])
    return -((1 - right.exp()) ** 2 * right).mean()


def _blurred(images: Tensor) -> Tensor:
    """Images under a Gaussian window, rows and columns one after the other."""
    places = torch.arange(WINDOW, device=images.device, dtype=images.dtype) - WINDOW // 2
    weights = torch.exp(-(places**2) / (2 * SIGMA**2))
    weights = weights / weights.sum()
    flat = images.flatten(0, 1)[:, None]
    rows = F.conv2d(flat, weights.view(1, 1, 1, -1), padding=(0, WINDOW // 2))
    return F.conv2d(rows, weights.view(1, 1, -1, 1), padding=(WINDOW // 2, 0)).view_as(images)


class Reconstruction(nn.Module):
    """Images [N, 3, H, W] -> images, in no fixed range; all passes through the last, smallest map."""

    def __init__(self, channels: list[int]) -> None:
        super().__init__()
        self.encoder = Encoder(3, channels)
        outputs = _narrowing(channels)
        pairs = list(pairwise([channels[-1], *outputs]))
        self.ups = nn.ModuleList(_block(before, before) for before, _ in pairs)
        self.blocks = nn.ModuleList(_block(before, before, after) for before, after in pairs)
        self.last = nn.Conv2d(outputs[-1], 3, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        x = self.encoder(images)[-1]
        for up, block in zip(self.ups, self.blocks, strict=True):
            x = block(up(doubled(x)))
        return self.last(x)


class Segmentation(nn.Module):
    """Reconstructions and images, [N, 6, H, W] -> logits [N, 2, H, W] of normal and anomalous pixels."""

    def __init__(self, channels: list[int]) -> None:
        super().__init__()
        self.encoder = Encoder(6, channels)
        outputs = _narrowing(channels)
        self.ups = nn.ModuleList(_block(*pair) for pair in pairwise([channels[-1], *outputs]))
        pairs = zip(outputs, channels[-2::-1], strict=True)
        self.blocks = nn.ModuleList(_block(own + passed, own, own) for own, passed in pairs)
        self.last = nn.Conv2d(outputs[-1], 2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        *passed, x = self.encoder(x)
        for up, block, other in zip(self.ups, self.blocks, reversed(passed), strict=True):
            x = block(torch.cat([up(doubled(x)), other], dim=1))
        return self.last(x)


class Encoder(nn.Module):
    """Images [N, C, H, W] -> maps [N, channels, H / 2^level, W / 2^level] of each level."""

    def __init__(self, inputs: int, channels: list[int]) -> None:
        super().__init__()
        pairs = pairwise([inputs, *channels])
        self.blocks = nn.ModuleList(_block(before, after, after) for before, after in pairs)

    def forward(self, x: Tensor) -> list[Tensor]:
        maps = [self.blocks[0](x)]
        for block in self.blocks[1:]:
            maps.append(block(F.max_pool2d(maps[-1], 2)))
        return maps


def doubled(maps: Tensor) -> Tensor:
    """Square maps [N, C, h, h] at twice the side, bilinearly, corners kept.

    By two matrix products: torch's own has a gradient on CUDA that differs from run to run.
    """
    side = maps.shape[-1]
    eye = torch.eye(side, device=maps.device, dtype=maps.dtype)[None, None]
    weights = F.interpolate(eye, (2 * side, side), mode="bilinear", align_corners=True)[0, 0]
    return weights @ maps @ weights.T


def _narrowing(channels: list[int]) -> list[int]:
    """The channels of the decoder's stages: as many as two levels up in the encoder, at last its first."""
    return [*channels[-3::-1], channels[0]]


def _block(*channels: int) -> nn.Sequential:
    """3x3 convolutions, each with batch norm and ReLU. No bias, for the norm would subtract it."""
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        conv = nn.Conv2d(before, after, 3, padding=1, bias=False)
        layers += [conv, nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def initialise(module: nn.Module) -> None:
    """Weights of convolutions and norms drawn narrowly about 0 and 1 (released code); for `apply`."""
    if isinstance(module, nn.Conv2d):
        nn.init.normal_(module.weight, 0, 0.02)
    if isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1, 0.02)
