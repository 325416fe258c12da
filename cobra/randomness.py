"""Named random numbers without state: a number depends on who asks and for which image, nothing else.

Each number is a hash of (seed, purpose, image id, position), so batch size, order, sharding and
device do not change it. The hash is SplitMix64's finaliser (Steele, Lea, Flood: Fast splittable
pseudorandom number generators, OOPSLA 2014), evaluated on whole tensors of 64-bit integers.
"""

import hashlib
import math
from typing import Self

import torch
from torch import Tensor

from cobra.machine.arithmetic import square_root

_GOLDEN = 0x9E3779B97F4A7C15
_MIX_1 = 0xBF58476D1CE4E5B9
_MIX_2 = 0x94D049BB133111EB


def derive_seed(seed: int, *purpose: object) -> int:
    """A 63-bit seed for `purpose`, independent of the seeds of all other purposes."""
    text = "/".join(map(str, (seed, *purpose)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(seed: int, *purpose: object) -> torch.Generator:
    """A CPU generator for `purpose`, for draws that belong to no image (shuffling)."""
    return torch.Generator().manual_seed(derive_seed(seed, *purpose))


class ImageRandom:
    """Random numbers for a batch of N images, one independent stream per image and purpose."""

    def __init__(self, keys: Tensor) -> None:
        self.keys = keys

    @classmethod
    def of(cls, seed: int, image_ids: Tensor, *purpose: object) -> Self:
        """Streams for images with the ids int64 [N], on the ids' device."""
        start = _signed(derive_seed(seed, *purpose))
        return cls(_mix(_mix(image_ids.to(torch.int64)) ^ start))

    def child(self, *purpose: object) -> "ImageRandom":
        """Streams of the same images for a purpose within this one."""
        return ImageRandom(_mix(self.keys ^ _signed(derive_seed(0, *purpose))))

    @staticmethod
    def cat(streams: "list[ImageRandom]") -> "ImageRandom":
        """The streams of several batches as those of one."""
        return ImageRandom(torch.cat([stream.keys for stream in streams]))

    def select(self, index: Tensor) -> "ImageRandom":
        """The streams of the images at `index`."""
        return ImageRandom(self.keys[index])

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Float32 [N, *shape] uniform in [low, high], from 2^24 equally spaced values."""
        count = math.prod(shape)
        position = torch.arange(1, count + 1, device=self.keys.device) * _signed(_GOLDEN)
        bits = _mix(self.keys[:, None] + position)
        unit = _shift(bits, 40).to(torch.float32) * 2.0**-24
        return (low + (high - low) * unit).reshape(len(self.keys), *shape)

    def normal(self, *shape: int) -> Tensor:
        """Float32 [N, *shape] from the standard normal distribution (Box, Muller 1958)."""
        radius = square_root(-2 * torch.log1p(-self.child("radius").uniform(*shape)))
        return radius * torch.cos(2 * math.pi * self.child("angle").uniform(*shape))

    def integers(self, high: int) -> Tensor:
        """Int64 [N] uniform in {0, ..., high - 1}."""
        return (self.uniform() * high).long()

    def chance(self, probability: float) -> Tensor:
        """Bool [N], true with `probability`."""
        return self.uniform() < probability


def _mix(x: Tensor) -> Tensor:
    x = (x ^ _shift(x, 30)) * _signed(_MIX_1)
    x = (x ^ _shift(x, 27)) * _signed(_MIX_2)
    return x ^ _shift(x, 31)


def _shift(x: Tensor, bits: int) -> Tensor:
    """Logical right shift; torch's own is arithmetic on signed integers."""
    return (x >> bits) & ((1 << (64 - bits)) - 1)


def _signed(value: int) -> int:
    """The 64-bit pattern of `value` as the signed integer torch stores."""
    return value - (1 << 64) if value >= 1 << 63 else value
