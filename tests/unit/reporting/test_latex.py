import re
import textwrap

import pandas as pd
import pytest

from cobra.reporting.pages.latex import WIDE, latex

FRAME = pd.DataFrame({"Method": ["L_COBRA & co", "b"], "digits": ["99.0 / 50.0 [48.0, 52.0]", "not run"]})
NOTES = ["5 % of <it>", "#"]


def test_a_table_is_a_float_with_its_notes_below():
    assert (
        latex("Title", FRAME, NOTES)
        == textwrap.dedent(r"""
        % \usepackage{booktabs,graphicx}
        \begin{table}[htbp]
        \centering\footnotesize
        \caption{Title.}\label{tab:title}\smallskip
        \resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%
        \begin{tabular}{ll}
        \toprule
        Method & digits \\
        \midrule
        L\_COBRA \& co & 99.0 / 50.0 [48.0, 52.0] \\
        b & not run \\
        \bottomrule
        \end{tabular}}
        \end{table}
        \medskip
        {\footnotesize\raggedright\noindent Table~\thetable: 5 \% of \textless{}it\textgreater{} \#\par}
        """).lstrip()
    )


def test_without_notes_nothing_stands_below():
    assert latex("Title", FRAME, []).endswith("\\end{table}\n")


@pytest.mark.parametrize(
    ("title", "caption", "label"),
    [
        ("Robust?", r"\caption{Robust?}", "tab:robust"),
        ("Loss & Co, 5 %", r"\caption{Loss \& Co, 5 \%.}", "tab:loss-co-5"),
        ("LABEL of a TABULAR", r"\caption{LABEL of a TABULAR.}", "tab:label-of-a-tabular"),
    ],
)
def test_the_title_is_caption_and_label(title, caption, label):
    assert f"{caption}\\label{{{label}}}" in latex(title, FRAME, [])


def wide(columns, characters=20):
    names = ["Method", *(f"c{number}" for number in range(columns))]
    return pd.DataFrame([["cobra", *("x" * characters for _ in range(columns))]], columns=names)


def test_columns_beyond_a_page_go_into_tables_of_their_own():
    text = latex("T", wide(11), ["Note."])
    heads = re.findall(r"\\toprule\n(.*) \\\\", text)
    assert [head.split(" & ")[0] for head in heads] == ["Method"] * 4
    assert [name for head in heads for name in head.split(" & ")[1:]] == [f"c{n}" for n in range(11)]
    assert re.findall(r"\\caption{(.*?)}", text) == [f"T ({n} of 4)." for n in (1, 2, 3, 4)]
    assert re.findall(r"\\label{(.*?)}", text) == ["tab:t", "tab:t-2", "tab:t-3", "tab:t-4"]
    assert text.count("cobra & ") == 4
    assert r"Table~\thetable and its parts before: Note." in text


def test_a_column_wider_than_a_page_stands_beside_the_first_alone():
    text = latex("T", wide(2, WIDE + 1), [])
    assert text.count(r"\begin{tabular}{ll}") == 2


def test_a_heading_longer_than_its_column_is_broken_between_words():
    frame = pd.DataFrame({"Detector": ["a"], "digits, L_COBRA & L_CLS, black-box score": ["90.0 [1.0, 2.0]"]})
    heading = r"\shortstack[l]{digits, L\_COBRA\\\& L\_CLS,\\black-box score}"
    assert rf"Detector & {heading} \\" in latex("T", frame, [])


@pytest.mark.parametrize("text", ["[48.0, 52.0]", "*"])
def test_a_row_may_begin_with_what_a_line_break_takes_as_its_argument(text):
    assert f"{{}}{text} & b" in latex("T", pd.DataFrame({"a": [text], "b": ["b"]}), [])


@pytest.mark.parametrize(
    ("character", "escaped"),
    [(c, f"\\{c}") for c in "&%$#_{}"]
    + [("≤", r"\ensuremath{\le}"), ("−", r"\ensuremath{-}"), ("|", r"\textbar{}")]
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
