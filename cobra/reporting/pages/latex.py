"""A table's text frame as LaTeX, for a document that uses booktabs and graphicx."""

import re
import textwrap
from collections.abc import Iterator

import pandas as pd

# What LaTeX takes for markup, what its default encoding (OT1) prints otherwise, what pdfLaTeX does not know.
TEX = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "`": r"\textasciigrave{}",
        "–": "--",
        "—": "---",
    }
    | {
        character: f"\\ensuremath{{{command}}}"
        for character, command in {
            "≤": r"\le", "≥": r"\ge", "≈": r"\approx", "≠": r"\ne", "±": r"\pm", "×": r"\times", "−": "-",
            "→": r"\to", "∞": r"\infty", "ε": r"\varepsilon", "α": r"\alpha", "σ": r"\sigma", "ℓ": r"\ell",
        }.items()
    }
)  # fmt: skip
WIDE = 100  # characters of a line that still fit a page, made a little smaller
GAP = 3  # characters between columns
NARROW = 8  # headings are not broken into shorter lines than this

FLOAT = r"""\begin{table}[htbp]
\centering\footnotesize
\caption{CAPTION}\label{LABEL}\smallskip
\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%
TABULAR}
\end{table}
"""


def latex(title: str, frame: pd.DataFrame, notes: list[str]) -> str:
    """Tables, one for each group of columns that fits a page's width, and below them a paragraph of notes,
    which may be longer than a page.
    """
    parts = list(_parts(frame))
    label = "tab:" + re.sub("[^a-z0-9]+", "-", title.lower()).strip("-")
    labels = [label, *(f"{label}-{number}" for number in range(2, len(parts) + 1))]
    floats = [
        _filled(CAPTION=_caption(title, number, len(parts)), LABEL=own, TABULAR=_tabular(part))
        for number, (own, part) in enumerate(zip(labels, parts, strict=True), 1)
    ]
    return "".join(["% \\usepackage{booktabs,graphicx}\n", *floats, _below(notes, len(parts))])


def _below(notes: list[str], parts: int) -> str:
    """The notes under the number of the last table made, which stands in LaTeX's counter."""
    if not notes:
        return ""
    others = " and its parts before" if parts > 1 else ""
    told = " ".join(map(tex, notes))
    return f"\\medskip\n{{\\footnotesize\\raggedright\\noindent Table~\\thetable{others}: {told}\\par}}\n"


def tex(text: str) -> str:
    """A text as LaTeX prints it. At the beginning of a row [ and * would belong to the end of the last."""
    return ("{}" if text[:1] in ("[", "*") else "") + text.translate(TEX)


def _filled(**texts: str) -> str:
    """FLOAT with each word in its place, in one go: a text may hold a word."""
    return re.sub("|".join(texts), lambda found: texts[found[0]], FLOAT)


def _caption(title: str, number: int, parts: int) -> str:
    part = f" ({number} of {parts})" if parts > 1 else ""
    return tex(title + part + ("" if (title + part)[-1:] in (".", "?", "!") else "."))


def _parts(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The frame cut into groups of columns not wider than a page, the first column in each."""
    widths = [_width(frame.iloc[:, number]) + GAP for number in range(frame.shape[1])]
    group: list[int] = [0]
    for number in range(1, frame.shape[1]):
        if len(group) > 1 and sum(widths[other] for other in group) + widths[number] > WIDE:
            yield frame.iloc[:, group]
            group = [0]
        group.append(number)
    yield frame.iloc[:, group]


def _width(column: "pd.Series[str]") -> int:
    """The characters of a column's widest line."""
    return max([*map(len, column), *map(len, _heading(column))])


def _heading(column: "pd.Series[str]") -> list[str]:
    """The column's name in lines that are not longer than its texts, where its words allow."""
    return textwrap.wrap(
        str(column.name), max(NARROW, *map(len, column)), break_long_words=False, break_on_hyphens=False
    ) or [""]


def _tabular(part: pd.DataFrame) -> str:
    headings = [_stacked(_heading(part.iloc[:, number])) for number in range(part.shape[1])]
    body = part.map(tex).set_axis(headings, axis=1)
    return body.to_latex(index=False, column_format="l" * part.shape[1]).strip()


def _stacked(lines: list[str]) -> str:
    told = r"\\".join(map(tex, lines))
    return rf"\shortstack[l]{{{told}}}" if len(lines) > 1 else told
