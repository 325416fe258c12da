"""The leaderboard in a configuration: what its suite is, and when there can be none."""

from pathlib import Path

import pytest
from samples import deep_merge

from cobra.errors import UserError
from cobra.experiment.jobs import record_settings, suite_terms
from cobra.experiment.reading import make_config
from cobra.experiment.reporting_jobs import terms_settings
from cobra.sharing.leaderboard.settings import archive_named, names_in

BASE = {
    "datasets": {"digits": {"classes": ["0", "3"], "eps": 0.1, "test_subset": {"normal_limit": 9}}},
    "methods": {"cobra": {"label": "COBRA"}, "cl": {"label": "CL"}},
    "attacks": {
        "apgd": {"kind": "apgd", "steps": 10},
        "topk": {"kind": "apgd", "steps": 10, "objective": "topk"},
        "transfer": {"kind": "apgd", "steps": 10, "source": {"methods": ["cl", "cobra"]}},
        "square": {"kind": "square", "steps": 10},
        "longer": {"kind": "apgd", "steps": 20},
    },
    "combinations": {"worst": {"parts": ["square", "apgd", "topk", "transfer"]}},
    "sweeps": {"eps": {"attack": "apgd"}},
    "gates": {"claim": "worst", "doubled": "longer", "sweep": "eps"},
    "leaderboard": {"about": {"contact": "us"}},
    "tables": {
        "t": {
            "title": "T",
            "rows": "methods",
            "datasets": ["digits"],
            "methods": ["cobra"],
            "attack": "worst",
        }
    },
}


def config(changes=None):
    return make_config(deep_merge(BASE, changes or {}), "config.yaml")


def test_the_suite_is_what_any_score_can_be_put_to_with_the_data_set_s_eps():
    terms = suite_terms(config(), "digits")
    assert list(terms.attacks) == ["square", "apgd"]
    assert {attack.eps for attack in terms.attacks.values()} == {0.1}
    assert (terms.doubled.steps, terms.doubled.eps) == (20, 0.1)
    assert terms.sweep.eps == [0.025, 0.05, 0.1, 0.2, 0.5, 1]
    assert terms.subset.normal_limit == 9


def test_evidence_that_needs_another_detector_is_not_asked_for():
    changes = {"gates": {"doubled": None, "sweep": None}}
    terms = suite_terms(config(changes), "digits")
    assert (terms.doubled, terms.sweep) == (None, None)
    assert suite_terms(config({"sweeps": {"eps": {"attack": "topk"}}}), "digits").sweep is None
    longer = {"attacks": {"longer": {"objective": "topk"}}}
    assert suite_terms(config(longer), "digits").doubled is None


def test_terms_are_of_the_classes_that_a_table_of_judged_figures_shows():
    assert terms_settings(config()).classes == {"digits": ["0", "3"]}
    assert terms_settings(config({"tables": {"t": {"classes": {"digits": ["3"]}}}})).classes == {
        "digits": ["3"]
    }


def test_a_record_names_its_suite_and_all_parts_that_apply_to_its_score():
    settings = record_settings(config(), "digits", "cobra", 0, "similarity")
    assert (settings.label, settings.about.contact) == ("COBRA", "us")
    assert settings.suite == ["square", "apgd"]
    assert settings.gates.parts == ["square", "apgd", "topk", "transfer"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"gates": None}, "leaderboard ranks figures that gates judge: set gates, or remove leaderboard"),
        ({"combinations": {"worst": {"parts": ["topk", "transfer"]}}},
         r"leaderboard: no part of gates\.claim \('worst'\) can be put to any score"),
        ({"attacks": {"square": {"eps": 0.2}}},
         r"leaderboard: the parts of gates\.claim \('worst'\) have different budgets"),
        ({"attacks": {"doubled": {"steps": 5}}, "combinations": {"worst": {"parts": ["apgd", "doubled"]}}},
         "leaderboard: the name doubled of an attack is taken: choose another"),
        ({"leaderboard": {"path": "x"}}, "leaderboard.path is not a setting"),
    ],
)  # fmt: skip
def test_a_configuration_that_can_have_none_is_refused(changes, sentence):
    with pytest.raises(UserError, match=sentence):
        config(changes)


def test_a_folder_s_records_are_found_by_name_and_a_folder_that_is_not_there_has_none(tmp_path):
    assert names_in(tmp_path / "nowhere") == []
    for name in ("digits/3/b/seed0", "digits/3/a/seed1"):
        path = Path(archive_named(tmp_path, name))
        path.parent.mkdir(parents=True)
        path.touch()
    (tmp_path / "digits/3/a/notes.txt").touch()
    assert names_in(tmp_path) == ["digits/3/a/seed1", "digits/3/b/seed0"]
