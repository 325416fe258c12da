"""What each job that shows results gets of the configuration."""

import pytest
from resolved import TABLE, config

from cobra.data.catalog import DATASETS
from cobra.experiment import reporting_jobs

GATES = {"gates": {"claim": "worst", "doubled": None, "sweep": "eps", "undefended": "standard"}}


def test_without_gates_there_is_nothing_to_judge():
    with pytest.raises(ValueError, match="the configuration has no gates"):
        reporting_jobs.gate_table_settings(config())


def test_the_table_of_gates_has_every_detector_that_a_table_shows_under_the_claim():
    tables = {
        "more": {**TABLE, "datasets": ["fmnist", "digits"], "methods": ["pixels", "cobra"]},
        "other": {**TABLE, "methods": ["cl"], "attack": "pgd"},
    }
    settings = reporting_jobs.gate_table_settings(config(GATES | {"tables": tables}))
    assert settings.claim == "worst"
    assert settings.classes == {"digits": ["0", "3"], "fmnist": ["bag"]}
    assert list(settings.methods) == settings.order == ["cobra", "pixels"]
    assert settings.methods["pixels"].scores == ["own"]
    assert settings.seeds == [0, 1]


def test_a_table_holds_what_it_shows_and_no_more():
    attacks = {"rows": "attacks", "attack": None, "attacks": ["pgd", "topk", "own_kind", "worst"]}
    table = {**TABLE, **attacks, "methods": ["cobra", "pixels", "cl"]}
    settings = reporting_jobs.table_settings(config({"tables": {"t": table}}), "t")
    assert settings.classes == {"digits": ["0", "3"]}
    assert settings.paper_eps == {"digits": DATASETS["digits"].paper_eps}
    assert (settings.seeds, settings.gated) == ([0, 1], None)
    assert {name: shown.inapplicable for name, shown in settings.methods.items()} == {
        "cobra": {"similarity": [], "margin": ["topk"]},
        "pixels": {"own": ["topk"]},
        "cl": {"similarity": ["own_kind"]},
    }
    cobra = settings.methods["cobra"]
    assert (cobra.label, cobra.reported, cobra.scores) == ("COBRA", ["COBRA"], ["similarity", "margin"])
    assert reporting_jobs.table_settings(config(GATES), "t").gated == "worst"


def test_a_table_may_show_some_classes_and_seeds_only():
    table = TABLE | {"classes": {"digits": ["3"]}, "seeds": [1]}
    settings = reporting_jobs.table_settings(config({"tables": {"t": table}}), "t")
    assert (settings.classes, settings.seeds) == ({"digits": ["3"]}, [1])
    assert settings.partial == ["digits"]


def test_the_table_of_gates_holds_every_class_that_a_table_shows():
    shown = {f"t{name}": TABLE | {"attack": "worst", "classes": {"digits": [name]}} for name in ("0", "3")}
    settings = reporting_jobs.gate_table_settings(config(GATES | {"tables": shown}))
    assert settings.classes == {"digits": ["0", "3"]}


FIGURE = {"title": "T", "datasets": ["digits"], "methods": ["cobra", "pixels"]}


@pytest.mark.parametrize(
    ("kind", "inapplicable"),
    [
        ({"kind": "budget", "attack": "topk"}, ["topk"]),
        ({"kind": "eps", "sweep": "smooth_eps"}, ["smooth_eps"]),
        ({"kind": "roc", "attack": "topk"}, ["topk"]),
        ({"kind": "histogram", "attack": "topk"}, ["topk"]),
    ],
)
def test_a_figure_says_to_what_its_attack_does_not_apply(kind, inapplicable):
    figures = {"figures": {"f": FIGURE | kind}, "sweeps": {"smooth_eps": {"attack": "topk"}}}
    settings = reporting_jobs.figure_settings(config(figures), "f")
    assert settings.methods["cobra"].inapplicable == {"similarity": [], "margin": inapplicable}
    assert settings.methods["pixels"].inapplicable == {"own": inapplicable}
    assert settings.classes == {"digits": ["0", "3"]}


def test_a_figure_of_tables_calls_the_methods_as_they_do():
    tables = {"t": TABLE | {"methods": ["pixels", "cobra"]}, "u": TABLE | {"methods": ["cobra", "cl"]}}
    figures = {"f": {"kind": "paper", "title": "T", "tables": ["t", "u"]}}
    settings = reporting_jobs.figure_settings(config({"tables": tables, "figures": figures}), "f")
    assert list(settings.methods) == ["pixels", "cobra", "cl"]
    assert settings.methods["cobra"].label == "COBRA"
    assert settings.classes == {}


@pytest.mark.parametrize("made", [reporting_jobs.table_settings, reporting_jobs.figure_settings])
def test_a_table_or_a_figure_may_show_some_scores_only(made):
    chosen = {"methods": ["cobra"], "scores": ["margin"]}
    sections = {"tables": {"t": TABLE | chosen}}
    sections |= {"figures": {"t": FIGURE | chosen | {"kind": "roc", "attack": "topk"}}}
    (shown,) = made(config(sections), "t").methods.values()
    assert shown.scores == list(shown.inapplicable) == ["margin"]


def test_the_paper_s_figure_stands_beside_a_method_s_first_score_alone():
    """The paper judges a method by one score; where that is not shown, no other takes its place."""
    tables = {name: TABLE | {"methods": ["cobra"], "scores": [name]} for name in ("similarity", "margin")}
    made = config({"tables": tables, "methods": {"cobra": {"reported": ["COBRA"]}}})
    assert reporting_jobs.table_settings(made, "similarity").methods["cobra"].reported == ["COBRA"]
    assert reporting_jobs.table_settings(made, "margin").methods["cobra"].reported == []


def test_the_table_of_gates_holds_the_scores_that_a_table_shows():
    table = TABLE | {"attack": "worst", "methods": ["cobra"], "scores": ["margin"]}
    settings = reporting_jobs.gate_table_settings(config(GATES | {"tables": {"t": table}}))
    assert settings.methods["cobra"].scores == ["margin"]


def test_a_contact_sheet_shows_the_first_classes_as_the_first_method_crafts_them():
    changes = {
        "methods": {"standard": {"detector": {"crafting": {"hard": {"max_kinds": 1}}}}},
        "datasets": {"digits": {"class_detector": {"3": {"crafting": {"filter": {"epochs": 7}}}}}},
    }
    settings = reporting_jobs.contact_sheet_settings(config(changes), "digits")
    assert settings.classes == ["0", "3"]
    assert [settings.crafting[name].hard.max_kinds for name in settings.classes] == [1, 1]
    assert [settings.crafting[name].filter.epochs for name in settings.classes] == [20, 7]
