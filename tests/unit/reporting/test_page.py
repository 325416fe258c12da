import re

from cobra.reporting.pages.render import SCRIPT, STYLE, page


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
