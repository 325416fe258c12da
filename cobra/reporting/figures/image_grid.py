"""Draws rows of images in blocks, each image with a frame and a caption."""

from collections.abc import Sequence
from textwrap import shorten, wrap
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from cobra.reporting.figures.drawing import COLOURS

INCH = 0.8  # side of an image
CAPTION = 0.17  # inches below an image
LABEL = 0.95  # inches left of the rows
TITLE = 0.3  # inches above a block
GAP = 0.05  # inches between images
HEAD = 0.35  # inches above all blocks
LINE = 0.13  # inches of a line of the note
NARROWEST = 5.0  # inches, so that titles have room
LETTER = 0.056  # inches of a letter of the note, about
# Told apart without colours, too.
WHOLE: dict[str, Any] = {"edgecolor": COLOURS[0], "linestyle": "-", "linewidth": 2.0}
DASHED: dict[str, Any] = {"edgecolor": COLOURS[1], "linestyle": (0, (2, 1.5)), "linewidth": 2.0}
FRAMES = {"kept": WHOLE, "rejected": DASHED, "normal": WHOLE, "anomaly": DASHED}


class Tile(NamedTuple):
    """An image [H, W, 3] in [0, 1], what stands below it, and the name of its frame, if it has one."""

    image: NDArray[np.float32]
    caption: str = ""
    frame: str = ""


class Strip(NamedTuple):
    """A row of images, and what it shows."""

    label: str
    tiles: list[Tile]


class Block(NamedTuple):
    """Rows under one heading."""

    title: str
    strips: list[Strip]


def strip(label: str, images: Tensor, captions: Sequence[str] = (), frames: Sequence[str] = ()) -> Strip:
    """A row of images [N, C, H, W], each with a caption and a frame if there are any."""
    pixels = images.permute(0, 2, 3, 1).cpu().numpy()
    none = [""] * len(pixels)
    words = zip(pixels, captions or none, frames or none, strict=True)
    return Strip(label, [Tile(*each) for each in words])


def draw_blocks(blocks: list[Block], title: str, note: str) -> Figure:
    """The blocks below one another, `note` below them all; words too long for a heading are left out."""
    columns = max(len(strip.tiles) for block in blocks for strip in block.strips)
    width = max(LABEL + columns * (INCH + GAP), NARROWEST)
    lines = wrap(note, int((width - 0.2) / LETTER))
    heights = [TITLE * bool(block.title) + len(block.strips) * (INCH + CAPTION) for block in blocks]
    height = HEAD + sum(heights) + LINE * (len(lines) + 1)
    figure = Figure(figsize=(width, height))
    figure.text(0.5, 1 - HEAD / 2 / height, title, ha="center", va="center", fontsize=10)
    figure.text(0.1 / width, LINE / 2 / height, "\n".join(lines), ha="left", va="bottom", fontsize=7)
    top = height - HEAD
    for block, own in zip(blocks, heights, strict=True):
        _draw_block(figure, block, top)
        top -= own
    return figure


def _draw_block(figure: Figure, block: Block, top: float) -> None:
    """The block below `top`, inches from the bottom."""
    width, height = figure.get_size_inches()
    words = shorten(block.title, int(width / LETTER / 1.15), placeholder=" ...")
    figure.text(0.1 / width, (top - TITLE * 0.6) / height, words, ha="left", va="center", fontsize=8)
    top -= TITLE * bool(block.title)
    for number, strip in enumerate(block.strips):
        bottom = top - number * (INCH + CAPTION) - INCH
        draw_tiles(figure, strip.tiles, (LABEL, bottom), INCH, GAP, fontsize=6)
        middle = (bottom + INCH / 2) / height
        figure.text((LABEL - 0.08) / width, middle, strip.label, ha="right", va="center", fontsize=7)


def draw_tiles(
    figure: Figure, tiles: list[Tile], corner: tuple[float, float], side: float, gap: float, fontsize: float
) -> None:
    """Images in a row, the lower left corner of the first there, all in inches."""
    width, height = figure.get_size_inches()
    for column, tile in enumerate(tiles):
        left, bottom = corner[0] + column * (side + gap), corner[1]
        axes = figure.add_axes((left / width, bottom / height, side / width, side / height))
        axes.imshow(tile.image, interpolation="nearest", aspect="equal")
        axes.set(xticks=[], yticks=[])
        axes.set_xlabel(tile.caption, fontsize=fontsize, labelpad=2)
        axes.spines[:].set_visible(bool(tile.frame))
        if tile.frame:
            axes.spines[:].set(**FRAMES[tile.frame])
