"""What all figures share: colours, markers, type."""

from typing import Any

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe, Ito: colour-blind safe
MARKERS = "osD^vP"
GREY = "#999999"
WIDTH = 7.2  # inches of a page's text
MOST = 6  # panels beside each other on it
STYLE: Any = {"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}


def line_style(number: int) -> dict[str, Any]:
    """Colour and marker of the line of that number."""
    return {
        "color": COLOURS[number % len(COLOURS)],
        "marker": MARKERS[number % len(MARKERS)],
        "markersize": 4,
        "linewidth": 1.4,
    }


def curve_style(number: int) -> dict[str, Any]:
    """Colour of the curve of that number; sparse markers where colours are used again."""
    again = number // len(COLOURS)
    return {
        "color": COLOURS[number % len(COLOURS)],
        "marker": MARKERS[again % len(MARKERS)] if again else None,
        "markersize": 2.5,
        "markevery": 0.15,
    }


def balanced(count: int) -> tuple[int, int]:
    """Rows and columns for `count` panels, as many beside each other as a page bears, rows about equal."""
    rows = -(-count // MOST)
    return rows, -(-count // rows)
