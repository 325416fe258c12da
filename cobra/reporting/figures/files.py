"""Figures to files."""

import io
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from PIL import Image

from cobra.artifacts.files import write_bytes

SUFFIXES = (".svg", ".png")


def render(figure: Figure, suffix: str) -> bytes:
    """The figure as .png or .svg: the same bytes each time."""
    stream = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "cobra", "svg.fonttype": "none"}):
        metadata = {"Date": None} if suffix == ".svg" else {"Software": None}
        figure.savefig(stream, format=suffix[1:], dpi=150, metadata=metadata)
    return packed(stream) if suffix == ".png" else stream.getvalue()


def packed(png: io.BytesIO) -> bytes:
    """The same picture in an eighth fewer bytes: a figure is opaque, so it needs no alpha channel."""
    stream = io.BytesIO()
    with Image.open(png) as image:
        image.convert("RGB").save(stream, "PNG", optimize=True)
    return stream.getvalue()


def write_figure(path: Path, figure: Figure) -> None:
    """The figure in every format, beside one another: `path` with the suffix of each."""
    for suffix in SUFFIXES:
        write_bytes(path.with_suffix(suffix), render(figure, suffix))
