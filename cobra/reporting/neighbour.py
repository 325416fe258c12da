"""An image as a detector sees it, beside the nearest normal training image."""

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from torch import Tensor

SIZE = (4.6, 2.9)  # inches
LONGEST = 34  # characters of a line above an image that lie beside those of the other


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
