"""A page of titled sections, each of paragraphs and tables in turn, as Markdown and HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from cobra.reporting.pages.page import page

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
    return f"<div class='wide'>{block.to_html(index=False, border=0)}</div>\n"
