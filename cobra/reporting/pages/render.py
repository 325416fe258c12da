"""A table's text frame as Markdown, LaTeX and a page of HTML."""

from html import escape
from pathlib import Path

import pandas as pd

from cobra.artifacts.files import write_bytes
from cobra.reporting.pages.latex import latex
from cobra.reporting.pages.page import page

OPENING, CLOSING = "<div class='wide'>", "</div>\n<ul>"


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
    table = frame.to_markdown(index=False, disable_numparse=True)
    return f"# {title}\n\n{table}\n\n" + "".join(f"- {note}\n" for note in notes)


def html(title: str, frame: pd.DataFrame, notes: list[str]) -> str:
    """A page that opens by itself, offline, with the table, which sorts, and the notes as a list."""
    table = frame.to_html(index=False, border=0)
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return page(title, f"{OPENING}{table}{CLOSING}{items}</ul>")


def parts_of_html(text: str) -> tuple[str, str]:
    """The table, and the notes as list items, of a page made by `html`."""
    table, _, rest = text.partition(OPENING)[2].partition(CLOSING)
    return table, rest.partition("</ul>")[0]


def without_notes(text: str) -> str:
    """Of a page made by `markdown` all but its notes."""
    return "\n\n".join(text.split("\n\n")[:2])


FOR_PEOPLE = {".md": markdown, ".tex": latex, ".html": html}
