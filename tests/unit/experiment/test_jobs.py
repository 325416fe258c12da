"""What each job gets of the configuration: names resolved, and what does not apply left out."""

import pytest
from resolved import config
from samples import deep_merge

from cobra.attacks.settings import SourceDetector
from cobra.data.catalog import DATASETS
from cobra.detectors.settings import ScoreSettings
from cobra.experiment import jobs
from cobra.gates.settings import Undefended


def evaluation(made, attack, dataset="digits", method="cobra", seed=0, score="similarity"):
    return jobs.evaluation_settings(made, dataset, method, seed, score, attack)


def test_an_attack_s_eps_is_the_data_set_s_unless_set():
    for dataset, eps in (("digits", 0.1), ("fmnist", DATASETS["fmnist"].eps)):
        assert evaluation(config(), "pgd", dataset).attack.eps == eps
    own = config({"attacks": {"pgd": {"eps": 0}}})
    assert evaluation(own, "pgd").attack.eps == 0  # not "left out"


def test_an_evaluation_has_the_subset_and_the_score_asked_for():
    made = config({"datasets": {"digits": {"test_subset": {"anomaly_limit": 3}}}})
    settings = evaluation(made, None, score="margin")
    assert (settings.attack, settings.source) == (None, None)
    assert settings.subset.anomaly_limit == 3
    assert settings.score.kind == "classifier"
    assert evaluation(made, "pgd", method="pixels", score="own").score == ScoreSettings()


@pytest.mark.parametrize(
    ("source", "method", "seed", "expected"),
    [
        ({"methods": ["standard", "cl"]}, "cobra", 0, ("standard", 0)),
        ({"methods": ["standard", "cl"]}, "standard", 1, ("cl", 1)),
        ({"methods": ["cl"]}, "pixels", 1, ("cl", 1)),
        ({"methods": ["pixels"]}, "cl", 0, ("pixels", 0)),
        ({"methods": ["cl"]}, "cl", 0, None),  # there is no other
        ({"methods": ["cl"], "seed": 1}, "cl", 0, ("cl", 1)),
        ({"methods": ["cl"], "seed": 1}, "cobra", 0, ("cl", 1)),
        ({"seed": 1}, "cobra", 0, ("cobra", 1)),
        ({"seed": 1}, "cobra", 1, None),
        ({"seed": "next"}, "cobra", 0, ("cobra", 1)),
        ({"seed": "next"}, "cobra", 1, ("cobra", 0)),
    ],
)
def test_a_transfer_attack_follows_the_first_other_detector(source, method, seed, expected):
    made = config({"attacks": {"x": {"source": source}}})
    found = jobs.source_of(made, method, seed, made.attacks["x"])
    assert (found and (found.method, found.seed)) == expected
    assert evaluation(made, "x", method=method, seed=seed).source == found
    assert jobs.source_of(made, method, seed, made.attacks["pgd"]) is None


def test_a_source_is_followed_by_the_first_of_its_own_scores():
    margin = ScoreSettings(kind="classifier")
    expected = SourceDetector(method="standard", seed=0, score=margin)
    assert evaluation(config(), "transfer").source == expected


@pytest.mark.parametrize(
    ("method", "score", "expected"),
    [
        ("cobra", "similarity", ["pgd", "topk", "own_kind"]),
        ("cobra", "margin", ["pgd", "own_kind"]),  # a margin has no maximum to smooth
        ("cl", "similarity", ["pgd", "topk"]),  # its own gradient is no transfer
        ("pixels", "own", ["pgd", "own_kind"]),
    ],
)
def test_a_combination_is_made_of_the_parts_that_apply(method, score, expected):
    made = config()
    assert jobs.parts_for(made, method, score, "worst") == expected
    for part in ("pgd", "topk", "own_kind"):
        assert jobs.applies(made, method, score, part) == (part in expected)
    assert jobs.applies(made, method, score, "worst")
    assert jobs.applies(made, method, score, "smooth") == ("topk" in expected)


@pytest.mark.parametrize(
    "source", [{"methods": ["cl"]}, {"seed": 1}, {"seed": "next"}, {"methods": ["cl"], "seed": 0}]
)
def test_where_a_transfer_attack_applies_every_seed_has_its_source(source):
    made = config({"attacks": {"x": {"source": source}}})
    for method in ("standard", "cl", "cobra", "pixels"):
        score = made.scores_of(method)[0]
        if jobs.applies(made, method, score, "x"):
            assert all(evaluation(made, "x", method=method, seed=seed).source for seed in made.seeds)


@pytest.mark.parametrize(
    ("sweep", "attack", "expected"),
    [
        ({}, {}, [0.025, 0.05, 0.1, 0.2, 0.5, 1]),
        ({"factors": [10, 1, 5], "eps": [1, 0.5]}, {}, [0.1, 0.5, 1]),  # each once, rising
        ({"factors": [2], "eps": ["4/255"]}, {"eps": 0.01}, [4 / 255, 0.02]),
        ({"factors": [0, 3], "eps": []}, {"norm": "l2", "eps": 0.5}, [0, 1.5]),
    ],
)
def test_a_sweep_has_multiples_of_the_attack_s_eps_and_those_given(sweep, attack, expected):
    made = config({"sweeps": {"eps": sweep}, "attacks": {"pgd": attack}})
    settings = jobs.sweep_settings(made, "digits", "cobra", 0, "similarity", "eps")
    assert settings.eps == pytest.approx(sorted(expected), abs=1e-9)
    assert settings.evaluation == evaluation(made, "pgd")


GATES = {"gates": {"claim": "worst", "doubled": None, "sweep": "eps", "undefended": "standard"}}


@pytest.mark.parametrize(
    ("score", "undefended"), [("similarity", "similarity"), ("margin", "margin"), ("own", "margin")]
)
def test_gates_compare_with_the_undefended_s_same_score_or_its_first(score, undefended):
    method = "pixels" if score == "own" else "cobra"
    settings = jobs.gate_settings(config(GATES), "digits", method, 1, score)
    assert settings.undefended == Undefended(method="standard", score=undefended)
    assert (settings.claim, settings.doubled, settings.sweep) == ("worst", None, "eps")
    assert settings.parts == jobs.parts_for(config(GATES), method, score, "worst")
    assert settings.evaluation == evaluation(config(GATES), None, method=method, score=score)


def test_gates_take_no_evidence_that_does_not_apply():
    more = {"attacks": {"twice": {"objective": "topk", "steps": 2000}}, "sweeps": {"eps": {"attack": "topk"}}}
    made = config(deep_merge(GATES, more, {"gates": {"doubled": "twice"}}))
    whole = jobs.gate_settings(made, "digits", "cobra", 0, "similarity")
    assert (whole.doubled, whole.sweep) == ("twice", "eps")
    for method, score in (("cobra", "margin"), ("pixels", "own")):
        settings = jobs.gate_settings(made, "digits", method, 0, score)
        assert (settings.doubled, settings.sweep) == (None, None)


def test_without_gates_there_is_nothing_to_judge():
    with pytest.raises(ValueError, match="the configuration has no gates"):
        jobs.gate_settings(config(), "digits", "cobra", 0, "similarity")
