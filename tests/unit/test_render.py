import re

import pandas as pd
import pytest

from cobra.reporting.render import html, latex, markdown

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


def test_latex_is_a_booktabs_table():
    text = latex("Title", FRAME, NOTES)
    for part in (
        r"\begin{table}",
        r"\toprule",
        r"\begin{tabular}{ll}",
        r"\caption{Title. 95 \% of",
        r"a \# b}",
    ):
        assert part in text
    assert r"L\_COBRA \& co & 99.0 / 50.0 [48.0, 52.0] \\" in text


@pytest.mark.parametrize(
    ("character", "escaped"),
    [(c, f"\\{c}") for c in "&%$#_{}"]
    + [("~", r"\textasciitilde{}"), ("^", r"\textasciicircum{}"), ("\\", r"\textbackslash{}"), ("–", "--")],
)
def test_latex_escapes_what_it_would_take_for_markup(character, escaped):
    text = latex("T", pd.DataFrame({f"a{character}b": [f"c{character}d"]}), [f"e{character}f"])
    for pair in ("ab", "cd", "ef"):
        assert f"{pair[0]}{escaped}{pair[1]}" in text


def test_latex_prints_the_bound_of_a_figure_that_failed_gates():
    # LaTeX's default encoding (OT1) has an inverted exclamation mark in the place of <
    text = latex(
        "T", pd.DataFrame({"Method": ["<= 30.0 (fails gate 4)"]}), ["A figure after <= is not robust."]
    )
    assert "<=" not in text
