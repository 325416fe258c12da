"""DRAEM (Zavrtanik et al. 2021: A discriminatively trained reconstruction embedding for surface anomaly
detection).

One network learns to take simulated anomalies out of images, another to tell from image and reconstruction
where they were. Facts of the released code are those of github.com/VitjanZ/DRAEM, commit 3adbb42. Own code:
networks and losses are small, and libraries bind them to their training engines.
"""

from typing import Any, Literal, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cobra.detectors.baselines.parts.adam import Adam, cut
from cobra.detectors.baselines.parts.baseline import Baseline, Training
from cobra.detectors.baselines.parts.draem_anomalies import Simulated, SimulationSettings, simulate
from cobra.detectors.baselines.parts.draem_networks import (
    Reconstruction,
    Segmentation,
    focal_loss,
    initialise,
    structural_similarity,
)
from cobra.detectors.baselines.parts.draem_textures import TextureSettings, texture_source
from cobra.detectors.baselines.parts.halving import halved
from cobra.detectors.baselines.parts.learning import Course, Optimiser, learn, loaded, seeded
from cobra.randomness import ImageRandom
from cobra.settings.section import Section, setting


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
        """Both."""
        made = self.reconstruction(images)
        return made, self.segmentation(torch.cat([made, images], dim=1))


class Fitted(Baseline[Settings]):
    """The highest value of the smoothed map of probabilities that a pixel is anomalous."""

    def __init__(self, settings: Settings, networks: Networks) -> None:
        self.smoothing = settings.smoothing
        self.networks = networks

    @classmethod
    def fit(cls, settings: Settings, training: Training) -> Self:
        for name, channels in settings.network:
            halved(training.side, len(channels) - 1, f"network.{name}")
        chosen = None if settings.textures == "none" else settings.textures
        source = texture_source(chosen, training)
        networks = seeded(lambda: Networks(settings.network).apply(initialise), training, "draem")

        def loss(images: Tensor, random: ImageRandom) -> Tensor:
            return objective(networks, simulate(images, random, source, settings.simulation))

        learn(networks, loss, settings.training, training, "draem")
        return cls(settings, networks)

    def score(self, images: Tensor) -> Tensor:
        _, logits = self.networks(images)
        anomalous = logits.softmax(dim=1)[:, 1:]
        smooth = F.avg_pool2d(anomalous, self.smoothing, stride=1, padding=self.smoothing // 2)
        return smooth.flatten(1).max(dim=1).values

    def state(self) -> dict[str, Any]:
        return {"networks": self.networks.state_dict()}

    @classmethod
    def restored(cls, settings: Settings, state: dict[str, Any]) -> Self:
        return cls(settings, loaded(Networks(settings.network), state["networks"]))


def objective(networks: Networks, simulated: Simulated) -> Tensor:
    """L2 and SSIM between the reconstruction and the normal image, focal loss between map and mask
    (Zavrtanik et al., sections 3.1 and 3.2; released code: lambda = 1).
    """
    made, logits = networks(simulated.anomalous)
    squared = F.mse_loss(made, simulated.normal)
    return squared + 1 - structural_similarity(made, simulated.normal) + focal_loss(logits, simulated.mask)
