import pandas as pd

from cobra.reporting.pages.render import Section, sections_html, sections_markdown

PARTS = [Section("1. A < B", ["Read it so.", pd.DataFrame({"a_b": ["1.50"], "<c>": ["x"]})])]


def test_sections_are_headings_paragraphs_and_tables_in_markdown():
    assert sections_markdown("Page", PARTS) == (
        "# Page\n\n## 1. A < B\n\nRead it so.\n\n| a_b   | <c>   |\n|:------|:------|\n| 1.50  | x     |\n"
    )


def test_sections_are_a_page_that_opens_offline_in_html():
    page = sections_html("Page", PARTS)
    assert page.startswith("<!doctype html>")
    assert "<h2>1. A &lt; B</h2>" in page
    assert "<th>&lt;c&gt;</th>" in page
    assert "http" not in page
