"""A table's text frame as LaTeX, for a document that uses booktabs and graphicx."""

import re
import textwrap
from collections.abc import Iterator
from string import Template

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

FLOAT = Template(r"""\begin{table}[htbp]
\centering\footnotesize
\caption{$caption}\label{$label}\smallskip
\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%
$tabular}
\end{table}
""")
# The notes under the number of the last table made, which stands in LaTeX's counter.
BELOW = Template(r"""\medskip
{\footnotesize\raggedright\noindent Table~\thetable$others: $notes\par}
""")


def latex(title: str, frame: pd.DataFrame, notes: list[str]) -> str:
    """Tables, one for each group of columns that fits a page's width, and below them a paragraph of notes,
    which may be longer than a page.
    """
    parts = list(_parts(frame))
    label = "tab:" + re.sub("[^a-z0-9]+", "-", title.lower()).strip("-")
    texts = ["% \\usepackage{booktabs,graphicx}\n"]
    for number, part in enumerate(parts, 1):
        caption = title + (f" ({number} of {len(parts)})" if len(parts) > 1 else "")
        end = "" if caption[-1:] in (".", "?", "!") else "."
        own = label if number == 1 else f"{label}-{number}"
        texts.append(FLOAT.substitute(caption=tex(caption + end), label=own, tabular=_tabular(part)))
    if notes:
        others = " and its parts before" if len(parts) > 1 else ""
        texts.append(BELOW.substitute(others=others, notes=" ".join(map(tex, notes))))
    return "".join(texts)


def tex(text: str) -> str:
    """A text as LaTeX prints it. At the beginning of a row [ and * would belong to the end of the last."""
    return ("{}" if text[:1] in ("[", "*") else "") + text.translate(TEX)


def _parts(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The frame cut into groups of columns not wider than a page, the first column in each."""
    widths = [max(map(len, [*column, *_heading(column)])) + GAP for _, column in frame.items()]
    group: list[int] = [0]
    for number in range(1, frame.shape[1]):
        if len(group) > 1 and sum(widths[other] for other in group) + widths[number] > WIDE:
            yield frame.iloc[:, group]
            group = [0]
        group.append(number)
    yield frame.iloc[:, group]


def _heading(column: "pd.Series[str]") -> list[str]:
    """The column's name in lines that are not longer than its texts, where its words allow."""
    return textwrap.wrap(
        str(column.name), max(NARROW, *map(len, column)), break_long_words=False, break_on_hyphens=False
    ) or [""]


def _tabular(part: pd.DataFrame) -> str:
    """The rows, a heading of several lines stacked."""
    headings = []
    for number in range(part.shape[1]):
        lines = list(map(tex, _heading(part.iloc[:, number])))
        stacked = r"\\".join(lines)
        headings.append(rf"\shortstack[l]{{{stacked}}}" if len(lines) > 1 else stacked)
    body = part.map(tex).set_axis(headings, axis=1)
    return body.to_latex(index=False, column_format="l" * part.shape[1]).strip()
