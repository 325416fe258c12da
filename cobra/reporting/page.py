"""A page of HTML that opens by itself, offline."""

from html import escape

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222;
  margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .8rem; text-align: left; white-space: nowrap; border-bottom: 1px solid #ddd; }
thead th { border-bottom: 2px solid #222; }
li { color: #555; }
"""


def page(title: str, body: str, style: str = "") -> str:
    """The page: `title` is its heading, in plain text; `body` is HTML, its tables in `<div class='wide'>`;
    `style` is CSS of its own after what all pages share.
    """
    return (
        f"<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        f"<meta name='viewport' content='width=device-width, initial-scale=1'><title>{escape(title)}</title>"
        f"<style>{STYLE}{style}</style></head>\n<body><h1>{escape(title)}</h1>\n{body}\n</body></html>\n"
    )
