"""Figures to files."""

import io

import matplotlib as mpl
from matplotlib.figure import Figure


def render(figure: Figure, suffix: str) -> bytes:
    """The figure as .png or .svg: the same bytes each time."""
    stream = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "cobra", "svg.fonttype": "none"}):
        metadata = {"Date": None} if suffix == ".svg" else {"Software": None}
        figure.savefig(stream, format=suffix[1:], dpi=150, metadata=metadata)
    return stream.getvalue()
