"""What the jobs of figures of pictures get of the configuration."""

import pytest
from samples import deep_merge

from cobra.experiment.reading import make_config
from cobra.experiment.reporting_jobs import picture_settings

METHODS = {
    "cl": {"label": "CL", "detector": {"objective": {"classification": False}}},
    "cls": {"label": "CLS", "scores": ["margin"], "detector": {"objective": {"contrastive": "none"}}},
    "cobra": {"label": "COBRA", "scores": ["margin", "similarity"]},
}
BASE = {
    "seeds": [4, 1],
    "datasets": {"digits": {"classes": ["0", "3"], "eps": 0.1, "test_subset": {"anomaly_limit": 9}}},
    "detector": {"subset": {"limit": 20}},
    "methods": METHODS,
    "detectors": {"pixels": {"label": "Pixels", "fit": "a.b:fit"}},
    "scores": {"similarity": {}, "margin": {"kind": "classifier"}},
    "attacks": {"pgd": {"steps": 10}, "topk": {"objective": "topk"}},
    "tables": {},
}
FIGURE = {"title": "T", "datasets": ["digits"], "classes": {"digits": ["3"]}, "methods": list(METHODS)}


def resolved(figure, changes=None):
    figures = {"figures": {"f": FIGURE | figure}}
    return picture_settings(make_config(deep_merge(BASE, figures, changes or {}), "config.yaml"), "f")


@pytest.mark.parametrize(("images", "kind", "expected"), [(None, "crafted", 8), (3, "crafted", 3)])
def test_a_figure_shows_the_first_seed_and_as_many_images_as_asked_for(images, kind, expected):
    settings = resolved({"kind": kind, "images": images})
    assert (settings.seed, settings.images) == (4, expected)


def test_methods_that_craft_alike_share_a_panel():
    other = {"methods": {"cls": {"detector": {"crafting": {"hard": {"max_kinds": 1}}}}}}
    (both, alone) = resolved({"kind": "crafted"}, other).crafted
    assert (both.labels, alone.labels) == (["CL", "COBRA"], ["CLS"])
    assert (both.crafting.hard.max_kinds, alone.crafting.hard.max_kinds) == (2, 1)
    assert (both.normal, both.subset.limit) == ("3", 20)


def test_a_gallery_does_not_depend_on_what_comes_after_crafting():
    before = resolved({"kind": "crafted"})
    assert before == resolved({"kind": "crafted"}, {"detector": {"schedule": {"epochs": 99}}})
    assert before != resolved({"kind": "crafted"}, {"detector": {"crafting": {"filter": {"width": 9}}}})


def test_a_detector_is_attacked_under_its_first_score_as_the_scored_attack_is():
    panels = resolved({"kind": "attacked", "attack": "pgd", "methods": ["cobra", "pixels"]}).detectors
    assert [(panel.score, panel.own) for panel in panels] == [("margin", False), ("own", True)]
    for panel in panels:
        assert panel.evaluation.attack.eps == 0.1
        assert panel.evaluation.subset.anomaly_limit == 9
    assert panels[0].evaluation.score.kind == "classifier"


def test_scores_and_methods_to_which_the_attack_does_not_apply_are_passed_over():
    figure = {"kind": "attacked", "attack": "topk", "methods": ["cls", "cobra", "pixels"]}
    assert [(panel.method, panel.score) for panel in resolved(figure).detectors] == [("cobra", "similarity")]
    assert resolved(figure | {"methods": ["cls"]}).detectors == []


def test_an_embedding_is_the_score_s_or_the_one_that_was_trained():
    backbone = {"scores": {"deep": {"space": "backbone"}}, "methods": {"cl": {"scores": ["deep"]}}}
    panels = resolved({"kind": "embeddings"}, backbone).detectors
    assert {panel.method: panel.space for panel in panels} == {
        "cl": "backbone", "cls": "backbone", "cobra": "projection",
    }  # fmt: skip
    assert all(panel.evaluation.attack is None for panel in panels)
    assert all(panel.subset.limit == 20 for panel in panels)
