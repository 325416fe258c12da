"""The speed of this machine where no job has been timed on it yet."""

import time

import torch

from cobra.experiment.cost import multiply_adds
from cobra.training.networks.network import build_network
from cobra.training.networks.settings import ModelSettings

BATCH = {"cpu": 8}  # images at once; more bring a core no speed, and a GPU wants
MOST = 64
SECONDS = 2.0  # measured for at least so long


def measured_speed(model: ModelSettings, side: int, device: torch.device) -> float:
    """Multiply-adds per second, in the count of `cost`, of gradients through such a network."""
    network = build_network(model, seed=0).to(device).eval().requires_grad_(False)
    batch = BATCH.get(device.type, MOST)
    images = torch.rand(batch, 3, side, side, device=device, requires_grad=True)
    _gradient(network, images)  # the first one also sets the machine up
    began, count = time.monotonic(), 0
    while time.monotonic() - began < SECONDS:
        _gradient(network, images)
        count += 1
    return count * batch * multiply_adds(model, side) / (time.monotonic() - began)


def _gradient(network: torch.nn.Module, images: torch.Tensor) -> None:
    loss = network.features(images).sum()  # type: ignore[operator]
    torch.autograd.grad(loss, images)[0].sum().item()  # waits for the device
