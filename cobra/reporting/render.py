"""A table's text frame as Markdown, LaTeX and a page of HTML."""

from html import escape
from pathlib import Path

import pandas as pd

from cobra.artifacts import write_bytes
from cobra.reporting.latex import latex

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222;
  margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .8rem; text-align: left; white-space: nowrap; border-bottom: 1px solid #ddd; }
thead th { border-bottom: 2px solid #222; }
li { color: #555; }
"""


def write_for_people(csv: Path, title: str, frame: pd.DataFrame, notes: list[str]) -> None:
    """The table beside its csv, as .md, .tex and .html."""
    for suffix, render in FOR_PEOPLE.items():
        write_bytes(csv.with_suffix(suffix), render(title, frame, notes).encode())


def markdown(title: str, frame: pd.DataFrame, notes: list[str]) -> str:
    """A heading, a pipe table and the notes as a list."""
    table = frame.to_markdown(index=False, disable_numparse=True)
    return f"# {title}\n\n{table}\n\n" + "".join(f"- {note}\n" for note in notes)


def html(title: str, frame: pd.DataFrame, notes: list[str]) -> str:
    """A page that opens by itself, offline."""
    table = frame.to_html(index=False, border=0)
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return (
        f"<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<style>{STYLE}</style></head>\n<body><h1>{escape(title)}</h1>"
        f"<div class='wide'>{table}</div><ul>{items}</ul></body></html>\n"
    )


FOR_PEOPLE = {".md": markdown, ".tex": latex, ".html": html}
