"""Geometry on batches: quarter turns, and resampling at per-image coordinates.

Coordinates are torch's: x to the right, y down, both in [-1, 1] from edge to edge.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from cobra.training.crafting.settings import ROTATIONS


def pixel_grid(images: Tensor) -> Tensor:
    """The coordinates (x, y) of every pixel centre of images [N, C, H, W]: [H, W, 2]."""
    height, width = images.shape[2:]
    axes = [(torch.arange(size, device=images.device) * 2 + 1) / size - 1 for size in (width, height)]
    x, y = torch.meshgrid(*axes, indexing="xy")
    return torch.stack([x, y], dim=-1)


def sample(images: Tensor, grid: Tensor) -> Tensor:
    """Images [N, C, H, W] read bilinearly at the coordinates [N, H, W, 2], edges extended."""
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)


def rotate(points: Tensor, angle: Tensor) -> Tensor:
    """Points [N, H, W, 2] turned about the origin by angles [N] in radians."""
    cos, sin = torch.cos(angle)[:, None, None], torch.sin(angle)[:, None, None]
    x, y = points.unbind(-1)
    return torch.stack([cos * x - sin * y, sin * x + cos * y], dim=-1)


def turned(images: Tensor) -> Tensor:
    """The four quarters of square images [4 x N, C, H, W] turned by 0, 90, 180 and 270 degrees."""
    quarters = enumerate(images.chunk(ROTATIONS))
    return torch.cat([torch.rot90(quarter, turns, (2, 3)) for turns, quarter in quarters])


def in_rectangle(offset: Tensor, size: Tensor) -> Tensor:
    """Pixels whose offset [N, H, W, 2] from a centre lies in a rectangle of `size` [N, 2]: [N, 1, H, W]."""
    return (offset.abs() <= size[:, None, None]).all(dim=-1)[:, None]


def column(values: Tensor) -> Tensor:
    """Per-image values [N] shaped to multiply images [N, C, H, W]."""
    return values[:, None, None, None]
