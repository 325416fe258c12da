"""Draws blocks of images side by side, in type that can be read on a page 400 pixels wide."""

import itertools
from typing import Any

from matplotlib.figure import Figure

from cobra.reporting.figures.image_grid import FRAMES, Block, Strip, draw_tiles

WIDTH = 6.4  # inches, of all: less than a page's, so that its type is larger on a screen
BESIDE = 2  # blocks in a row
MARGIN = 0.04  # inches around all blocks
BETWEEN = 0.25  # inches between blocks
GAP = 0.07  # inches between images
TITLE = 0.3  # inches above a block
HEADING = 0.24  # inches of the words above a row of images, and of the names of their frames
CAPTION = 0.3  # inches below an image
LARGE, MEDIUM = 13, 12  # points


def draw_side_by_side(blocks: list[Block]) -> Figure:
    """The blocks, two in a row; above the first images of each the names of their frames."""
    columns = max(len(strip.tiles) for block in blocks for strip in block.strips)
    own = (WIDTH - 2 * MARGIN - BETWEEN * (BESIDE - 1)) / BESIDE
    side = (own - GAP * (columns - 1)) / columns
    most = max(len(block.strips) for block in blocks)
    height = TITLE + HEADING + most * (HEADING + side + CAPTION)
    rows = -(-len(blocks) // BESIDE)
    figure = Figure(figsize=(WIDTH, rows * height))
    for number, block in enumerate(blocks):
        row, column = divmod(number, BESIDE)
        _draw_block(figure, block, MARGIN + column * (own + BETWEEN), (rows - row) * height, side)
    return figure


def _draw_block(figure: Figure, block: Block, left: float, top: float, side: float) -> None:
    """The block whose upper left corner lies there, in inches from the lower left one of the figure."""
    _write(figure, left, top - TITLE / 2, block.title, fontsize=LARGE, fontweight="bold")
    _draw_names(figure, block.strips[0], left, top - TITLE - 1.5 * HEADING, side)
    top -= TITLE
    for number, strip in enumerate(block.strips):
        _write(figure, left, top - HEADING / 2, strip.label, fontsize=MEDIUM)
        top -= HEADING * (1 if number else 2) + side
        draw_tiles(figure, strip.tiles, (left, top), side, GAP, fontsize=MEDIUM)
        top -= CAPTION


def _draw_names(figure: Figure, strip: Strip, left: float, middle: float, side: float) -> None:
    """The names of the frames, each above the first image that has it."""
    column = 0
    for frame, group in itertools.groupby(tile.frame for tile in strip.tiles):
        place = left + column * (side + GAP)
        _write(figure, place, middle, frame, fontsize=MEDIUM, color=FRAMES[frame]["edgecolor"])
        column += len(list(group))


def _write(figure: Figure, x: float, y: float, text: str, **style: Any) -> None:
    """Words at a place in inches."""
    width, height = figure.get_size_inches()
    figure.text(x / width, y / height, text, ha="left", va="center", **style)
