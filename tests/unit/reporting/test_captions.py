"""The report's captions: each layout of a table and each kind of figure has one of its own, in valid reST."""

from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest
from docutils.core import publish_parts
from jinja2 import Environment, StrictUndefined

from cobra.reporting.figures.settings import FIGURES, caption, needs
from cobra.reporting.tables.settings import TableLayout

FOLDER = Path(__file__).resolve().parents[3] / "workflow/report"
ROWS = get_args(TableLayout.model_fields["rows"].annotation)
METHODS = {"cobra": {"label": "L_COBRA"}, "pixels": {"label": "pixels"}}


def rendered(name, *, wildcards=None, **config):
    """A caption as Snakemake renders it, on one paragraph per line."""
    given = SimpleNamespace(
        config={"seeds": [0], "datasets": {"digits": {}}, "methods": METHODS, **config},
        wildcards=SimpleNamespace(**(wildcards or {})),
        output=Output(["out/a.png"]),
    )
    environment = Environment(trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    text = environment.from_string((FOLDER / name).read_text()).render(snakemake=given)
    overrides = {"halt_level": 2, "report_level": 2}  # a warning of docutils stands in the page else
    return publish_parts(text, writer="html", settings_overrides=overrides)["body"]


class Output(list):
    """Named outputs."""

    csv = "out/a.csv"
    others = ("out/a.svg", "out/a.csv")

    def get(self, name):
        return getattr(self, name, None)


def of_table(**layout):
    layout = {"rows": "methods", "attack": "pgd", **layout}
    return rendered("table.rst", wildcards={"table": "a"}, tables={"a": layout})


def of_figure(kind):
    shown = {"datasets": ["digits"], "methods": ["cobra"]} if "datasets" in needs(kind) else {}
    captions = {"a": caption(kind, "pgd", "eps")}
    return rendered("figure.rst", wildcards={"figure": "a"}, figures={"a": shown}, captions=captions)


@pytest.mark.parametrize("rows", ROWS)
def test_a_table_is_explained_by_what_its_rows_are(rows):
    one = {"datasets": "data set", "classes": "class", "defects": "class"}.get(rows, rows[:-1])
    assert f"<strong>A row is a{'n' if one == 'attack' else ''} {one}" in of_table(rows=rows)


def test_a_table_names_its_measure_its_attack_and_its_csv():
    text = of_table(measure="accuracy", attack="fab")
    assert "balanced accuracy at a threshold in %" in text
    assert "AUROC" not in text
    assert '<tt class="docutils literal">fab</tt>' in text
    assert "out/a.csv" in text


def test_each_kind_of_figure_is_explained_in_its_own_words():
    kinds = FIGURES.names()
    texts = [of_figure(kind).split("<p>Beside")[0] for kind in kinds]
    assert len(set(texts)) == len(kinds)
    assert min(map(len, texts)) > 200


@pytest.mark.parametrize("kind", FIGURES.names())
def test_a_caption_names_the_attack_or_sweep_that_its_figure_shows(kind):
    named = {"attack": "pgd", "sweep": "eps"}
    text = of_figure(kind)
    for setting in {"attack", "sweep"} & set(needs(kind)):
        assert f'<tt class="docutils literal">{named[setting]}</tt>' in text


def test_the_first_page_names_what_was_run():
    text = rendered("workflow.rst", detectors={"mine": {"label": "my own"}})
    assert "L_COBRA (<tt" in text
    assert "my own (<tt" in text
    assert "Data: digits." in text


def test_the_other_captions_say_what_they_stand_beside():
    assert "What the detectors see of mvtec" in rendered("contact_sheet.rst", wildcards={"dataset": "mvtec"})
    assert "pgd" in rendered("gates.rst", gates={"claim": "pgd"})
    assert "out/a.png" in rendered("audit.rst")
    assert "out/a.csv" in rendered("leaderboard.rst")
    assert "cobra show FILE" in rendered("provenance.rst")


FRONT = {
    "answer": "A <keeps> 47.8 %.", "detail": "Of *all*_ `classes`.", "title": "Losses & co",
    "table": "<table>\n  <tr><td>98.0 / 2.0</td></tr>\n\n</table>", "notes": "<li>a note</li>\n",
}  # fmt: skip
PICTURE = {
    "picture": "\n".join(["A" * 76] * 1000), "picture_title": "Before & after", "picture_kind": "attacked",
    "pairs": True,
}  # fmt: skip


@pytest.mark.parametrize(
    "picture", [PICTURE, PICTURE | {"picture_kind": "roc", "pairs": False}, {"picture": ""}]
)
def test_the_front_page_states_the_result_before_it_explains(picture):
    text = rendered("workflow.rst", front=FRONT | picture)
    said = [
        "A &lt;keeps&gt; 47.8 %.",
        "Of *all*_ `classes`.",
        "Losses &amp; co",
        "98.0 / 2.0",
        "a note",
        "The question",
    ]
    assert [text.count(each) for each in said] == [1] * len(said)
    assert sorted(said, key=text.index) == said
    assert text.count("data:image/png") == bool(picture["picture"])
    assert text.count("A pair is") == bool(picture.get("pairs"))


def test_without_a_headline_the_front_page_explains_and_claims_nothing():
    for text in (rendered("workflow.rst"), rendered("workflow.rst", front=None)):
        assert "front" not in text
        assert "The question" in text
