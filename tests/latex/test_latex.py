"""The tables in a real LaTeX: they compile, nothing is wider or longer than a page, no sign is lost."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import debian
import pandas as pd
import pytest

from cobra.reporting.pages.latex import latex

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("texlive-latex-base", "texlive-latex-recommended")
DOCUMENT = r"""\documentclass{{article}}
\usepackage{{booktabs,graphicx}}
\begin{{document}}
{inputs}
\end{{document}}
"""
COMPLAINTS = re.compile(
    r"^(?:!.*|Overfull.*|.*(?:Float too large|Missing character|undefined on|multiply.defined).*)$", re.M
)
NASTY = r"""&%$#_{}~^\<>|"'` – — ≤ ≥ ≈ ≠ ± × − → ∞ ε α σ ℓ é ñ ü ß ø Å … “x” µ ° ² ?` !` -- [*]"""
STARTS = ["[0.1, 0.2]", "*", "%", "\\", "&", "#", "{", "}", "", "é"]
FIGURE = "98.3 / <= 46.2 [39.7, 52.9] (fails gate 1, 10)"
NOTE = (
    "digits, class 3, l_cl, classifier, seed 0: gate 9: schedule.learning_rate_that_has_a_long_name of 21.7."
)


@dataclass
class Compiled:
    """What LaTeX complained of, how many pages it made, and the log."""

    complaints: list[str]
    pages: int
    log: str


@pytest.fixture(scope="session")
def pdflatex():
    """LaTeX, installed if it is not there and can be."""
    if reason := debian.obstacle("LaTeX", ("pdflatex",), PACKAGES):
        pytest.skip(reason)
    return shutil.which("pdflatex")


@pytest.fixture
def compiled(pdflatex, tmp_path):
    """Compile a document that has the given files as its input, twice: the second time labels are known."""

    def run(**files):
        for name, text in files.items():
            (tmp_path / f"{name}.tex").write_text(text)
        inputs = "\n".join(rf"\input{{{name}}}" for name in files)
        (tmp_path / "document.tex").write_text(DOCUMENT.format(inputs=inputs))
        command = (pdflatex, "-interaction=nonstopmode", "document.tex")
        environment = os.environ | {"max_print_line": "1000"}
        for _ in range(2):
            subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=120)
        log = (tmp_path / "document.log").read_text(errors="replace")
        pages = re.search(r"Output written on document\.pdf \((\d+) page", log)
        return Compiled(COMPLAINTS.findall(log), int(pages[1]) if pages else 0, log)

    return run


def test_a_mistake_is_seen(compiled):
    """Of the test itself: what these complain of would not pass."""
    assert "! Misplaced alignment tab character &." in compiled(wrong="a & b").complaints
    assert any("Overfull" in text for text in compiled(wide=r"\noindent\rule{50cm}{1pt}").complaints)
    assert any("≤" in text for text in compiled(unknown="≤").complaints)
    assert any("undefined on" in text for text in compiled(label=r"\ref{none}").complaints)


def test_any_text_compiles(compiled):
    frame = pd.DataFrame({NASTY: STARTS, "b": [NASTY] * len(STARTS)})
    found = compiled(nasty=latex(NASTY, frame, [NASTY, *STARTS]), again=latex("Other", frame.T, []))
    assert found.complaints == []
    assert found.pages >= 1


@pytest.mark.parametrize("columns", [1, 2, 4, 11])
def test_columns_of_figures_fit_the_page(compiled, columns):
    names = [f"digits, L_COBRA + L_CLS, the score number {number}" for number in range(columns)]
    rows = [["standard training, L_COBRA + L_CLS", *[FIGURE] * columns] for _ in range(12)]
    found = compiled(wide=latex("Wide", pd.DataFrame(rows, columns=["Method", *names]), [NOTE]))
    assert found.complaints == []


@pytest.mark.parametrize("length", [60, 200])
def test_one_column_fits_however_long_its_texts(compiled, length):
    frame = pd.DataFrame({"Method": ["x" * length], "digits": ["y" * length]})
    assert compiled(long=latex("Long", frame, [])).complaints == []


def test_notes_may_be_longer_than_a_page(compiled):
    found = compiled(notes=latex("Notes", pd.DataFrame({"a": ["b"]}), [NOTE] * 150))
    assert found.complaints == []
    assert found.pages >= 3


def test_a_long_caption_is_broken(compiled):
    assert compiled(caption=latex(" ".join([NOTE] * 8), pd.DataFrame({"a": ["b"]}), [])).complaints == []


def test_the_tables_of_this_checkout_compile(compiled):
    tables = sorted((ROOT / "results").glob("**/*.tex"))
    if not tables:
        pytest.skip("there are no tables here: run `make demo` first")
    for folder in {path.parent for path in tables}:
        found = compiled(**{path.stem: path.read_text() for path in tables if path.parent == folder})
        assert found.complaints == [], folder
        assert found.pages >= 1
