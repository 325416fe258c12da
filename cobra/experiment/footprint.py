"""Memory that training steps need, counted on the CPU in small ones: it is linear in the number of images."""

import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from cobra.experiment.config import Config
from cobra.experiment.random_training import random_bytes, training_step
from cobra.training.settings import DetectorSettings
from cobra.training.trainer import Trainer

GIB = 1 << 30
PIXELS = 224 * 224 // 2  # of the normal images of the smaller step, few enough and not the weights' alone
QUICK = 8 * 32 * 32  # of those of a quick one


class Held(TorchDispatchMode):
    """Counts the bytes of the living tensors that were made within, and their peak."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = 0
        self.sizes: dict[int, int] = {}

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = function(*args, **(kwargs or {}))
        for value in found if isinstance(found, tuple | list) else [found]:
            if isinstance(value, Tensor):
                self._count(value.untyped_storage())
        return found

    def _count(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        if key not in self.sizes:
            self.sizes[key] = storage.nbytes()
            self.now += storage.nbytes()
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self._drop, key)

    def _drop(self, key: int) -> None:
        self.now -= self.sizes.pop(key)


def step_bytes(settings: DetectorSettings, side: int) -> dict[str, float]:
    """Bytes that training steps hold for any number of normal images, and bytes per image."""
    few = max(2, PIXELS // side**2)
    return line(partial(step, settings, side), (few, 2 * few))


def most_bytes(settings: DetectorSettings, side: int) -> float:
    """Bytes of a training step, counted in seconds: in fp32, which takes more than bf16, of a step without
    adversary, whose adversarial views are views more.
    """
    whole = settings.schedule.batch_size * views(settings)
    clean = settings.adversary.model_copy(update={"enabled": False})
    in_full = settings.schedule.model_copy(update={"precision": "fp32"})
    quick = settings.model_copy(update={"adversary": clean, "schedule": in_full})
    few = max(2, QUICK // side**2)
    its = line(partial(step, quick, side), (few, 2 * few))
    return its["fixed"] + its["each"] * whole / views(quick)


def views(settings: DetectorSettings) -> int:
    """Views of a normal image and of what is crafted from it in a training step."""
    return (2 + len(settings.attacked) * settings.adversary.enabled) * settings.crafting.count


def line(measure: Callable[[int], int], counts: tuple[int, int]) -> dict[str, float]:
    """Bytes that are held for any number of images, and bytes per image."""
    few, many = map(measure, counts)
    each = (many - few) / (counts[1] - counts[0])
    return {"fixed": few - each * counts[0], "each": each}


def step(settings: DetectorSettings, side: int, batch: int) -> int:
    """Peak bytes of a training step of `batch` normal images: crafting, ascent, loss and update."""
    crafting = settings.crafting
    unfiltered = crafting.filter.model_copy(update={"enabled": False})
    small = {
        "schedule": settings.schedule.model_copy(update={"batch_size": batch}),
        "crafting": crafting.model_copy(update={"generated": None, "filter": unfiltered}),
        "adversary": settings.adversary.model_copy(update={"steps": 2, "eps": 0.01}),
    }
    with Held() as held:
        training_step(Trainer(random_bytes(batch, side), settings.model_copy(update=small), seed=0))()
    return held.peak


def largest(config: Config, pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Of the data sets and methods in `pairs`, for each size of image the one whose training step has the
    most images and channels.
    """

    def size(pair: tuple[str, str]) -> int:
        settings = config.detector_settings(*pair)
        return settings.schedule.batch_size * views(settings) * (settings.model.width or 1)

    by_side: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for pair in pairs:
        by_side[config.side(pair[0])].append(pair)
    for _, alike in sorted(by_side.items()):
        yield max(alike, key=size)
