"""Writes tables as Markdown, LaTeX and HTML, and pages of several sections as Markdown and HTML. A page of
HTML opens by itself, offline, and its tables sort: every page has this style and script.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pandas as pd

from cobra.artifacts.files import write_bytes
from cobra.reporting.pages.latex import latex

OPENING, CLOSING = "<div class='wide'>", "</div>\n"

STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff;
  margin: 2rem auto; max-width: 60rem; padding: 0 1rem; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; line-height: 1.25; }
h2 { font-size: 1.15rem; margin-top: 2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .8rem; text-align: left; vertical-align: top; white-space: nowrap;
  border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { position: sticky; left: 0; background: #fff; white-space: normal;
  min-width: 12rem; padding-left: 0; }
thead th { border-bottom: 2px solid #222; vertical-align: bottom; white-space: normal; min-width: 4.5rem; }
th button { all: unset; cursor: pointer; font-weight: bold; }
th button:focus-visible { outline: 2px solid #0072b2; outline-offset: 2px; }
th button::after { content: "\\2195"; color: #767676; padding-left: .35em; font-weight: normal; }
th[aria-sort=ascending] button::after { content: "\\2191"; color: #222; }
th[aria-sort=descending] button::after { content: "\\2193"; color: #222; }
ul { padding-left: 1.2rem; }
li { color: #555; }
@media (max-width: 40rem) {
  body { font-size: 14px; margin: 1rem auto; }
  th, td { padding: .3rem .5rem; }
  th:first-child, td:first-child { min-width: 7rem; }
}
"""

# Headings become buttons, so that a table without script is a plain table. A figure's cell counts by the last
# number before its bracket, which is the robust one; cells without a number (not run) stay at the end.
SCRIPT = """
const FIGURE = /^[-+<=>%\\d.\\s\\/]*\\d[-+<=>%\\d.\\s\\/]*(?=[\\[(]|$)/;
const textOf = (row, column) => (row.cells[column]?.textContent ?? "").trim();
function numberOf(text) {
  const head = text.match(FIGURE);
  return head ? Number(head[0].match(/-?\\d+(\\.\\d+)?/g).pop()) : null;
}
function kindOf(texts) {
  const said = texts.filter(text => /\\d/.test(text));
  if (!said.length || said.some(text => numberOf(text) === null)) return "text";
  return said.some(text => text.includes(" / ")) ? "robust" : "number";
}
const TOLD = {
  text: "Sort by name",
  number: "Sort by number: the one before a bracket",
  robust: "Sort by the robust figure: the one after the slash, before the bracket",
};
function compared(a, b, kind, sign) {
  if (kind === "text") return sign * a.localeCompare(b, "en", {numeric: true});
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left === null || right === null) return (left === null) - (right === null);
  return sign * (left - right);
}
function sortable(table) {
  const body = table.tBodies[0], original = [...body.rows], headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const kind = kindOf(original.map(row => textOf(row, column)));
    const turns = kind === "text" ? ["ascending", "descending", "none"] : ["descending", "ascending", "none"];
    const button = document.createElement("button");
    button.type = "button";
    button.title = TOLD[kind] + "; a third click restores the order";
    button.append(...heading.childNodes);
    heading.append(button);
    heading.ariaSort = "none";
    button.addEventListener("click", () => {
      const order = turns[(turns.indexOf(heading.ariaSort) + 1) % 3], sign = order === "ascending" ? 1 : -1;
      headings.forEach(other => { other.ariaSort = "none"; });
      heading.ariaSort = order;
      const compare = (a, b) => compared(textOf(a, column), textOf(b, column), kind, sign);
      body.append(...(order === "none" ? original : [...original].sort(compare)));
    });
  });
}
document.querySelectorAll("table").forEach(table => {
  if (table.tHead && table.tBodies.length === 1) sortable(table);
});
"""

# Of a page of sections, after what all pages share.
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


def pages(title: str, frame: pd.DataFrame, notes: list[str]) -> dict[str, str]:
    """The table by suffix, for people."""
    renderings = {".md": markdown, ".tex": latex, ".html": html}
    return {suffix: render(title, frame, notes) for suffix, render in renderings.items()}


def sections_pages(title: str, sections: Sequence[Section]) -> dict[str, str]:
    """The page of several sections by suffix."""
    return {".md": sections_markdown(title, sections), ".html": sections_html(title, sections)}


def write_pages(csv: Path, texts: dict[str, str]) -> None:
    """Pages, by suffix, beside their csv."""
    for suffix, text in texts.items():
        write_bytes(csv.with_suffix(suffix), text.encode())


def markdown(title: str, frame: pd.DataFrame, notes: list[str]) -> str:
    """A heading, a pipe table and the notes as a list."""
    return f"# {title}\n\n{_markdown(frame)}\n\n" + "".join(f"- {note}\n" for note in notes)


def without_notes(text: str) -> str:
    """Of a page made by `markdown` all but its notes."""
    return "\n\n".join(text.split("\n\n")[:2])


def sections_markdown(title: str, sections: Sequence[Section]) -> str:
    """Headings, paragraphs and pipe tables."""
    parts = [f"# {title}"]
    for section in sections:
        parts += [f"## {section.title}", *map(_markdown, section.blocks)]
    return "\n\n".join(parts) + "\n"


def _markdown(block: Block) -> str:
    return block if isinstance(block, str) else block.to_markdown(index=False, disable_numparse=True)


def html(title: str, frame: pd.DataFrame, notes: list[str]) -> str:
    """A page with the table and the notes as a list."""
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return page(title, f"{_html(frame)}<ul>{items}</ul>")


def parts_of_html(text: str) -> tuple[str, str]:
    """The table, and the notes as list items, of a page made by `html`."""
    table, _, rest = text.partition(OPENING)[2].partition(f"{CLOSING}<ul>")
    return table, rest.partition("</ul>")[0]


def sections_html(title: str, sections: Sequence[Section]) -> str:
    """Headings, paragraphs and tables; one wider than the window is scrolled alone."""
    body = "".join(
        f"<h2>{escape(section.title)}</h2>\n{''.join(map(_html, section.blocks))}" for section in sections
    )
    return page(title, body, COMPACT)


def _html(block: Block) -> str:
    if isinstance(block, str):
        return f"<p>{escape(block)}</p>\n"
    return f"{OPENING}{block.to_html(index=False, border=0)}{CLOSING}"


def page(title: str, body: str, style: str = "") -> str:
    """The page: `title` is its heading, in plain text; `body` is HTML, its tables in `<div class='wide'>`;
    `style` is CSS of its own after what all pages share.
    """
    return (
        f"<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        f"<meta name='viewport' content='width=device-width, initial-scale=1'><title>{escape(title)}</title>"
        f"<style>{STYLE}{style}</style></head>\n<body><h1>{escape(title)}</h1>\n{body}\n"
        f"<script>{SCRIPT}</script></body></html>\n"
    )
