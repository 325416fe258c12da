import re

import pandas as pd

from cobra.reporting.pages.render import (
    SCRIPT,
    STYLE,
    Section,
    html,
    markdown,
    page,
    parts_of_html,
    sections_html,
    sections_markdown,
    without_notes,
)

FRAME = pd.DataFrame({"Method": ["L_COBRA & co", "b"], "digits": ["99.0 / 50.0 [48.0, 52.0]", "not run"]})
NOTES = ["95 % of <it>", "a # b"]


def test_markdown_is_a_heading_a_table_and_a_list():
    lines = markdown("Title", FRAME, NOTES).splitlines()
    assert lines[0] == "# Title"
    assert re.fullmatch(r"\| Method +\| digits +\|", lines[2])
    assert re.fullmatch(r"\| L_COBRA & co +\| 99\.0 / 50\.0 \[48\.0, 52\.0\] +\|", lines[4])
    assert lines[-2:] == ["- 95 % of <it>", "- a # b"]


def test_markdown_leaves_numbers_as_they_are_written():
    assert "99.10" in markdown("T", pd.DataFrame({"a": ["99.10"]}), [])


def test_html_stands_alone_and_escapes_texts():
    text = html("A < B", FRAME, NOTES)
    assert text.startswith("<!doctype html>")
    assert text.count("A &lt; B") == 2
    assert "95 % of &lt;it&gt;" in text
    assert "L_COBRA &amp; co" in text
    assert "http" not in text  # opens offline


def test_the_parts_of_a_page_are_its_table_and_its_notes():
    table, notes = parts_of_html(html("T", FRAME, NOTES))
    assert table.startswith("<table")
    assert table.endswith("</table>")
    assert "L_COBRA &amp; co" in table
    assert notes == "<li>95 % of &lt;it&gt;</li><li>a # b</li>"


def test_a_table_without_its_notes_is_the_heading_and_the_table():
    lines = without_notes(markdown("Title", FRAME, NOTES)).splitlines()
    assert lines[0] == "# Title"
    assert lines[-1].startswith("| b ")


PARTS = [Section("1. A < B", ["Read it so.", pd.DataFrame({"a_b": ["1.50"], "<c>": ["x"]})])]


def test_sections_are_headings_paragraphs_and_tables_in_markdown():
    assert sections_markdown("Page", PARTS) == (
        "# Page\n\n## 1. A < B\n\nRead it so.\n\n| a_b   | <c>   |\n|:------|:------|\n| 1.50  | x     |\n"
    )


def test_sections_are_a_page_that_opens_offline_in_html():
    text = sections_html("Page", PARTS)
    assert text.startswith("<!doctype html>")
    assert "<h2>1. A &lt; B</h2>" in text
    assert "<th>&lt;c&gt;</th>" in text
    assert "http" not in text


def test_a_page_has_style_and_script_in_it_and_asks_for_nothing():
    text = page("A < B", "<p>body</p>")
    assert STYLE in text
    assert SCRIPT in text
    assert "<p>body</p>" in text
    assert "http" not in text
    assert not re.search(r"\b(src|href)=|@import|url\(", text)


def test_its_title_is_escaped_and_equal_pages_are_equal_bytes():
    text = page("A < B", "")
    assert text.count("A &lt; B") == 2
    assert text == page("A < B", "")


def test_a_style_of_its_own_comes_after_the_shared_one():
    assert f"{STYLE}p {{ color: red; }}</style>" in page("A", "", "p { color: red; }")


def test_it_is_laid_out_for_the_width_of_the_window():
    assert "<meta name='viewport' content='width=device-width, initial-scale=1'>" in page("A", "")
    assert "</script>" not in SCRIPT
    assert "</style>" not in STYLE
