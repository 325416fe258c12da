import re

import pandas as pd

from cobra.reporting.pages.render import html, markdown, parts_of_html, without_notes

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
    page = html("A < B", FRAME, NOTES)
    assert page.startswith("<!doctype html>")
    assert page.count("A &lt; B") == 2
    assert "95 % of &lt;it&gt;" in page
    assert "L_COBRA &amp; co" in page
    assert "http" not in page  # opens offline


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
