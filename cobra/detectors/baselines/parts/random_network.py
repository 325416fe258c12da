"""Residual networks with random weights, a function of the seed."""

from torch import nn

from cobra.detectors.baselines.parts.baseline import Training
from cobra.detectors.baselines.parts.feature_extractor import Architecture, build
from cobra.detectors.baselines.parts.learning import seeded


def random_network(name: Architecture, width: int, training: Training) -> nn.Module:
    """A network of `build` with weights drawn at random, on the device of the training images."""
    return seeded(lambda: initialised(build(name, width)), training, "network")


def initialised(network: nn.Module) -> nn.Module:
    """Convolutions drawn as torchvision's are before their training, so that activations keep their size."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return network
