"""Images of a prepared array that stay on the disk: those asked for are read, and checked, each time."""

from collections.abc import Iterator

import torch
from torch import Tensor

from cobra.data.prepared import Prepared

PIECE = 64  # images held at once where all are read


class StoredPixels:
    """The images at `rows` int64 [N] of a prepared array, in that order, as if they were a tensor uint8
    [N, C, H, W] on the CPU.

    All are checked when this is made, so that a damaged one is found before anything is computed; none is
    kept. Whatever reads an image raises UserError if it is not what was prepared.
    """

    device = torch.device("cpu")

    def __init__(self, prepared: Prepared, rows: Tensor) -> None:
        self._prepared = prepared
        self._rows = rows
        for piece in rows.split(PIECE):
            prepared.take(piece.numpy())

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, chosen: Tensor | slice) -> Tensor:
        """The images at these places (numbers, bool [N] or a slice), uint8 [K, C, H, W]."""
        images = self._prepared.take(self._rows[chosen].numpy())
        return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()

    def split(self, size: int) -> Iterator[Tensor]:
        """All images in order, `size` at once."""
        return (self[first : first + size] for first in range(0, len(self), size))

    def to(self, device: torch.device) -> "Tensor | StoredPixels":
        """On another device than the CPU all images, which lie there from then on; on the CPU these."""
        return self if device.type == "cpu" else self.loaded(device)

    def loaded(self, device: torch.device) -> Tensor:
        """All images in the memory of `device`, read piece by piece."""
        _, *shape = self[:1].shape
        images = torch.empty(len(self), *shape, dtype=torch.uint8, device=device)
        for part, piece in zip(images.split(PIECE), self.split(PIECE), strict=True):
            part.copy_(piece)
        return images
