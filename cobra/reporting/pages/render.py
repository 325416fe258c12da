"""Writes tables as Markdown, LaTeX and HTML, and pages of several sections as Markdown and HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pandas as pd

from cobra.artifacts.files import write_bytes
from cobra.reporting.pages.latex import latex
from cobra.reporting.pages.page import page

OPENING, CLOSING = "<div class='wide'>", "</div>\n"


def write_for_people(csv: Path, title: str, frame: pd.DataFrame, notes: list[str]) -> None:
    """The table beside its csv, as .md, .tex and .html."""
    write_pages(csv, pages(title, frame, notes))


def pages(title: str, frame: pd.DataFrame, notes: list[str]) -> dict[str, str]:
    """The table by suffix."""
    return {suffix: render(title, frame, notes) for suffix, render in FOR_PEOPLE.items()}


def write_pages(csv: Path, texts: dict[str, str]) -> None:
    """Pages, by suffix, beside their csv."""
    for suffix, text in texts.items():
        write_bytes(csv.with_suffix(suffix), text.encode())


def markdown(title: str, frame: pd.DataFrame, notes: list[str]) -> str:
    """A heading, a pipe table and the notes as a list."""
    return f"# {title}\n\n{_markdown(frame)}\n\n" + "".join(f"- {note}\n" for note in notes)


def html(title: str, frame: pd.DataFrame, notes: list[str]) -> str:
    """A page that opens by itself, offline, with the table, which sorts, and the notes as a list."""
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return page(title, f"{_html(frame)}<ul>{items}</ul>")


def parts_of_html(text: str) -> tuple[str, str]:
    """The table, and the notes as list items, of a page made by `html`."""
    table, _, rest = text.partition(OPENING)[2].partition(f"{CLOSING}<ul>")
    return table, rest.partition("</ul>")[0]


def without_notes(text: str) -> str:
    """Of a page made by `markdown` all but its notes."""
    return "\n\n".join(text.split("\n\n")[:2])


FOR_PEOPLE = {".md": markdown, ".tex": latex, ".html": html}

COMPACT = """
h2 { margin: 1.4rem 0 .3rem; }
p { margin: .3rem 0 .5rem; }
table { font-size: .9rem; }
th, td { padding: .15rem .7rem .15rem 0; }
th:first-child, td:first-child { min-width: 7rem; }
@media (max-width: 40rem) {
  table { font-size: .8rem; }
  th, td { white-space: normal; padding-right: .4rem; }
}
"""

Block = str | pd.DataFrame  # a paragraph or a table of texts


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: Sequence[Block]


def sections_markdown(title: str, sections: Sequence[Section]) -> str:
    """Headings, paragraphs and pipe tables."""
    parts = [f"# {title}"]
    for section in sections:
        parts += [f"## {section.title}", *map(_markdown, section.blocks)]
    return "\n\n".join(parts) + "\n"


def sections_html(title: str, sections: Sequence[Section]) -> str:
    """A page that opens by itself, offline; a table wider than the window is scrolled alone."""
    body = "".join(
        f"<h2>{escape(section.title)}</h2>\n{''.join(map(_html, section.blocks))}" for section in sections
    )
    return page(title, body, COMPACT)


def sections_pages(title: str, sections: Sequence[Section]) -> dict[str, str]:
    """The page by suffix."""
    return {".md": sections_markdown(title, sections), ".html": sections_html(title, sections)}


def _markdown(block: Block) -> str:
    return block if isinstance(block, str) else block.to_markdown(index=False, disable_numparse=True)


def _html(block: Block) -> str:
    if isinstance(block, str):
        return f"<p>{escape(block)}</p>\n"
    return f"{OPENING}{block.to_html(index=False, border=0)}{CLOSING}"
