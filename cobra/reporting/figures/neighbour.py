"""An image as a detector sees it, beside the nearest normal training image."""

from collections.abc import Sequence

import torch
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from torch import Tensor

from cobra.data.one_class import as_unit
from cobra.detectors.detector import Detector

SIZE = (4.6, 2.9)  # inches
LONGEST = 34  # characters of a line above an image that lie beside those of the other


@torch.no_grad()
def nearest_entries(detector: Detector, blocks: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Of each uint8 image in `blocks` [N, 3, H, W] the cosine similarity to the nearest entry of the memory,
    in the space of the detector's score, and that entry's place; both [N] on the CPU.
    """
    space = detector.kind.space
    embeddings = torch.cat([detector.network.embed(as_unit(block), space) for block in blocks])
    cosines, places = (embeddings @ detector.memory(space).T).cpu().max(dim=1)
    return cosines, places


def draw_pair(images: tuple[Tensor, Tensor], names: tuple[str, str], title: str) -> Figure:
    """Two images [3, H, W] in [0, 1], each below its name (lines apart), and what was found above both."""
    figure = Figure(figsize=SIZE, layout=ConstrainedLayoutEngine(wspace=0.05))
    figure.suptitle(title, fontsize=8)
    pairs = zip(figure.subplots(1, 2), images, names, strict=True)
    for cell, pixels, name in pairs:
        cell.imshow(pixels.permute(1, 2, 0).numpy(), interpolation="nearest", vmin=0, vmax=1)
        cell.set_title("\n".join(map(_shortened, name.splitlines())), fontsize=7, parse_math=False)
        cell.set(xticks=[], yticks=[])  # the frame stays: it tells where a white image ends
        cell.spines[:].set(color="0.6", linewidth=0.5)
    return figure


def _shortened(line: str) -> str:
    """A line that is too long, with its middle left out: file names differ at their ends."""
    half = (LONGEST - 3) // 2
    return line if len(line) <= LONGEST else f"{line[:half]}...{line[-half:]}"
