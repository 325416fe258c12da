"""A page of HTML that opens by itself, offline, whose tables sort: every page has this style and script."""

from html import escape

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
