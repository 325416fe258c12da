"""What a network must offer so that features are taken from it, and the residual networks that offer it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor, nn

from cobra.training.networks.resnet import ResNet

Colour = tuple[float, float, float]


class StagedNetwork(nn.Module, ABC):
    """A network whose maps have, after its stages 1 to 4, the strides 4, 8, 16 and 32.

    Its inputs are images in [0, 1], less `mean`, over `std`: what its weights were trained on.
    """

    mean: ClassVar[Colour]
    std: ClassVar[Colour]

    @abstractmethod
    def stem(self, x: Tensor) -> Tensor:
        """What comes before the stages."""

    @abstractmethod
    def stages(self) -> Sequence[nn.Module]:
        """The four; the mean over the last one's map is what a classifier takes."""


class ResidualStages(ResNet, StagedNetwork):
    """A residual network with ImageNet's stem, its weights named as torchvision's."""

    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet (torchvision)

    def __init__(self, name: str, width: int) -> None:
        super().__init__(name, width, "high")

    def stages(self) -> Sequence[nn.Module]:
        return [self.get_submodule(f"layer{stage}") for stage in range(1, 5)]
