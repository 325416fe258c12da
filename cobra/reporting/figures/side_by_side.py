"""Blocks of images side by side, in type that is still read on a page 400 pixels wide."""

import itertools
from typing import Any

from matplotlib.figure import Figure

from cobra.reporting.figures.style import WIDTH
from cobra.reporting.figures.tiles import FRAMES, Block, Strip, draw_tile

BESIDE = 2  # blocks in a row
LABEL = 0.26  # inches left of a row of blocks
BETWEEN = 0.22  # inches between blocks
GAP = 0.07  # inches between images
TITLE = 0.3  # inches above a block
HEADING = 0.24  # inches above its images
CAPTION = 0.27  # inches below an image
LARGE, MEDIUM = 14, 13  # points


def draw_side_by_side(blocks: list[Block]) -> Figure:
    """The blocks, two in a row; above the images of each the names of their frames."""
    columns = max(len(strip.tiles) for block in blocks for strip in block.strips)
    own = (WIDTH - LABEL - BETWEEN * (BESIDE - 1)) / BESIDE
    side = (own - GAP * (columns - 1)) / columns
    height = TITLE + HEADING + max(len(block.strips) for block in blocks) * (side + CAPTION) + GAP
    rows = -(-len(blocks) // BESIDE)
    figure = Figure(figsize=(WIDTH, rows * height))
    for number, block in enumerate(blocks):
        row, column = divmod(number, BESIDE)
        _draw_block(figure, block, LABEL + column * (own + BETWEEN), (rows - row) * height, side)
        if column == 0:
            _draw_labels(figure, block.strips, (rows - row) * height, side)
    return figure


def _draw_block(figure: Figure, block: Block, left: float, top: float, side: float) -> None:
    """The block whose upper left corner lies there, in inches from the lower left one of the figure."""
    _write(figure, left, top - TITLE / 2, block.title, fontsize=LARGE, fontweight="bold", ha="left")
    column = 0
    for frame, group in itertools.groupby(tile.frame for tile in block.strips[0].tiles):
        colour = FRAMES[frame]["edgecolor"]
        middle = top - TITLE - HEADING / 2
        _write(figure, left + column * (side + GAP), middle, frame, fontsize=MEDIUM, color=colour, ha="left")
        column += len(list(group))
    for row, strip in enumerate(block.strips):
        _draw_strip(figure, strip, left, _bottom(top, row, side), side)


def _bottom(top: float, row: int, side: float) -> float:
    """The lower edge of a row of images, in inches."""
    return top - TITLE - HEADING - row * (side + CAPTION) - side


def _draw_strip(figure: Figure, strip: Strip, left: float, bottom: float, side: float) -> None:
    width, height = figure.get_size_inches()
    for column, tile in enumerate(strip.tiles):
        corner = left + column * (side + GAP)
        axes = figure.add_axes((corner / width, bottom / height, side / width, side / height))
        draw_tile(axes, tile, fontsize=MEDIUM)


def _draw_labels(figure: Figure, strips: list[Strip], top: float, side: float) -> None:
    """What each row of images shows, upright at its left."""
    for row, strip in enumerate(strips):
        middle = _bottom(top, row, side) + side / 2
        _write(figure, LABEL / 2, middle, strip.label, fontsize=MEDIUM, rotation=90, ha="center")


def _write(figure: Figure, x: float, y: float, text: str, **style: Any) -> None:
    """Words at a place in inches."""
    width, height = figure.get_size_inches()
    figure.text(x / width, y / height, text, va="center", **style)
