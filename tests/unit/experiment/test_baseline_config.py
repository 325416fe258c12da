"""Baselines in a configuration: what may stand beside them, and what each job gets."""

from pathlib import Path

import pytest
import yaml
from samples import deep_merge

from cobra.detectors.baselines import BASELINES
from cobra.errors import UserError
from cobra.experiment.jobs import applies, gate_settings
from cobra.experiment.reading import make_config

ROOT = Path(__file__).resolve().parents[3]
BASE = {
    "datasets": {"digits": {"classes": ["0"], "detector": {"subset": {"limit": 40}}}},
    "detector": {"schedule": {"snapshots": 2}},
    "methods": {
        "cobra": {"label": "COBRA"},
        "pixels": {"label": "Pixels", "baseline": {"kind": "pixels_knn"}},
    },
    "attacks": {"pgd": {"steps": 10}, "topk": {"steps": 10, "objective": "topk"}},
    "gates": {"claim": "pgd", "undefended": "pixels"},
    "tables": {
        "t": {"title": "T", "rows": "methods", "datasets": ["digits"], "methods": ["cobra"], "attack": "pgd"}
    },
}


def config(changes=None):
    return make_config(deep_merge(BASE, changes or {}), "config.yaml")


def figure(kind, **fields):
    return {
        "figures": {
            "f": {"kind": kind, "title": "F", "datasets": ["digits"], "methods": ["pixels"], **fields}
        }
    }


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"methods": {"pixels": {"scores": ["similarity"]}}},
         "a baseline has its own score and settings: remove scores"),
        ({"methods": {"pixels": {"scores": ["similarity"], "detector": {}}}},
         "a baseline has its own score and settings: remove detector and scores"),
        ({"methods": {"pixels": {"baseline": {"kind": "svm"}}}},
         f"methods.pixels.baseline.kind is 'svm', which is none of: {', '.join(BASELINES.names())}."),
        ({"methods": {"pixels": {"baseline": {"neighbors": 3}}}},
         "methods.pixels.baseline: neighbors is not a setting (did you mean 'neighbours')."),
        ({"methods": {"dn2": {"label": "DN2", "baseline": {"kind": "features_knn"}}}},
         "methods.dn2.baseline: weights is missing."),
        (figure("history", attack="pgd"),
         "figures.f names 'pixels', a detector that is not ours: its training cannot be followed"),
        (figure("crafted"), "figures.f.methods names 'pixels', a baseline: a figure of kind crafted shows"),
    ],
)  # fmt: skip
def test_faults_are_told_with_their_place(changes, sentence):
    with pytest.raises(UserError) as fault:
        config(changes)
    assert sentence in str(fault.value)


def test_a_baseline_has_one_score_and_the_images_of_our_detectors():
    chosen = config()
    assert list(chosen.ours) == ["cobra"]
    assert list(chosen.baselines) == ["pixels"]
    assert chosen.scores_of("pixels") == ["own"]
    assert chosen.baseline_settings("digits", "pixels").model_dump() == {
        "subset": {"limit": 40},
        "baseline": {"kind": "pixels_knn", "neighbours": 2},
    }
    assert applies(chosen, "pixels", "own", "pgd")
    assert not applies(chosen, "pixels", "own", "topk")


def test_a_baseline_may_be_the_undefended_detector_of_the_gates():
    undefended = gate_settings(config(), "digits", "cobra", 0, "similarity").undefended
    assert (undefended.method, undefended.score) == ("pixels", "own")


def test_the_configuration_of_baselines_trains_the_demos_detector():
    demo, ours = (
        make_config(yaml.safe_load((ROOT / f"config/{name}.yaml").read_text()), name)
        for name in ("config", "experiments/baselines")
    )
    theirs = demo.detector_settings("digits", "cobra").model_dump()
    theirs["schedule"]["snapshots"] = 0  # it has no figure over epochs
    assert ours.detector_settings("digits", "cobra").model_dump() == theirs


@pytest.fixture(scope="module")
def shipped():
    """The configurations of baselines, on digits and on MVTec AD."""
    names = ("experiments/baselines", "experiments/baselines_mvtec")
    return [make_config(yaml.safe_load((ROOT / f"config/{name}.yaml").read_text()), name) for name in names]


def test_both_data_sets_see_the_same_methods_kinds_of_attacks_and_gates(shipped):
    digits, mvtec = shipped
    assert digits.combinations == mvtec.combinations
    for config in shipped:
        assert len(config.baselines) >= 6
        assert list(config.tables["baselines"].methods) == list(config.methods)
        attacks = {name: config.attacks[name].kind for name in config.parts(config.gates.claim)}
        assert attacks == {"square": "square", "transfer": "apgd", "pgd": "pgd", "apgd": "apgd"}
        assert all(value is not None for value in config.gates.model_dump().values())
    first, second = (
        {name: each.baseline["kind"] for name, each in config.baselines.items()} for config in shipped
    )
    assert first == second


def test_the_category_is_reduced_and_attacked_within_the_papers_budget(shipped):
    _, mvtec = shipped
    assert mvtec.classes("mvtec") == ["bottle"]
    assert mvtec.datasets["mvtec"].resolution == 64
    assert mvtec.eps("mvtec") == 2 / 255


def test_the_declared_weights_are_those_that_the_tests_of_them_lock():
    name = "experiments/pretrained_mvtec"
    config = make_config(yaml.safe_load((ROOT / f"config/{name}.yaml").read_text()), name)
    first, second = (config.baselines[method].baseline for method in ("features", "patchcore"))
    weights = first["weights"]
    assert second["weights"] == weights
    assert f"--hash=sha256:{weights['sha256']}" in (ROOT / "envs/oracles.txt").read_text()
    assert weights["urls"][0].endswith(weights["file"].removeprefix("resources/weights"))
    assert weights["urls"][0] in (ROOT / "docs/configuration.md").read_text()
