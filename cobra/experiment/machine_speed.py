"""The speed of this machine, measured at the size of the jobs: seconds per pass, by `cost.Size`."""

import time
from collections.abc import Callable
from functools import cache, partial
from statistics import median

import torch

from cobra.experiment.cost import Estimate, Size
from cobra.experiment.random_training import random_bytes, training_step
from cobra.machine.device import autocast, describe_device
from cobra.training.networks.network import build_network, folded, halved
from cobra.training.settings import AdversarySettings, DetectorSettings, ScheduleSettings
from cobra.training.trainer import Trainer

SECONDS = 1.0  # each size is measured for at least so long
LEAST = 3  # times at least
PIXELS = 8 * 32 * 32  # of the images at once on a CPU, where more bring no speed (docs/performance.md)
MOST = 4096 * 32 * 32  # of those on a GPU under attack; a training has its own batch
VIEWS = 4  # of a normal image in a training step without adversary: two of it, two of its pseudo-anomaly


class Measured:
    """The speeds of a device; each size is measured once, when it is asked for."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.source = f"measured just now on {describe_device(device)}"
        self._gradient = cache(self._timed_gradient)
        self._step = cache(self._timed_step)

    def of_images(self, size: Size) -> Estimate:
        """Forward and back to the image."""
        return self._gradient(size._replace(batch=self._images(size), recompute=False))

    def of_weights(self, size: Size) -> Estimate:
        """A view in a training step without its adversary."""
        return self._step(size._replace(batch=self._images(size)))

    def _timed_gradient(self, size: Size) -> Estimate:
        images = size.batch or LEAST
        network = folded(build_network(size.model, seed=0)).to(self.device)
        network = halved(network) if size.precision == "bf16" else network
        batch = torch.rand(images, 3, size.side, size.side, device=self.device, requires_grad=True)

        def gradient() -> None:
            with autocast(self.device, size.precision):
                features = network.features(batch)
            torch.autograd.grad(network.project(features).sum(), batch)

        return self._seconds(gradient).times(1 / images)

    def _timed_step(self, size: Size) -> Estimate:
        images = size.batch or LEAST
        settings = DetectorSettings(
            model=size.model,
            adversary=AdversarySettings(enabled=False),
            schedule=ScheduleSettings(batch_size=images, precision=size.precision, recompute=size.recompute),
        )
        pixels = random_bytes(images, size.side).to(self.device)
        return self._seconds(training_step(Trainer(pixels, settings, seed=0))).times(1 / (VIEWS * images))

    def _images(self, size: Size) -> int:
        """Images at once."""
        if self.device.type == "cpu":
            return max(2, min(PIXELS // size.side**2, size.batch or PIXELS))
        return size.batch or max(2, MOST // size.side**2)

    def _seconds(self, run: Callable[[], object]) -> Estimate:
        """Seconds of a run: the median of several within their range, after one that sets the device up."""
        clock = partial(_read, self.device)
        run()
        seconds: list[float] = []
        while len(seconds) < LEAST or sum(seconds) < SECONDS:
            began = clock()
            run()
            seconds.append(clock() - began)
        return Estimate(min(seconds), median(seconds), max(seconds))


def _read(device: torch.device) -> float:
    """The clock, once the device has done its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()
