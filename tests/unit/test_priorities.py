"""Jobs of the first table start first."""

from types import SimpleNamespace

import pytest
from configurations import BASE
from samples import deep_merge

from cobra.experiment.reading import make_config
from workflow.lib.job_settings import JobSettings
from workflow.lib.priorities import FIRST, Priorities

TABLE = BASE["tables"]["t"]
CONFIG = {
    "attacks": {"apgd": {"kind": "apgd", "steps": 2}, "square": {"kind": "square", "steps": 2}},
    "methods": {"l_cl": {"label": "L_CL", "detector": {"objective": {"contrastive": "cl"}}}},
    "scores": {"similarity": {}, "classifier": {"kind": "classifier"}},
    "combinations": {"worst": {"parts": ["pgd", "square"]}},
    "tables": {
        "t": {"classes": {"digits": ["0"]}, "attack": "worst"},
        "second": TABLE | {"datasets": ["digits", "fmnist"], "attack": "apgd"},
    },
}


@pytest.fixture
def priorities():
    config = make_config(deep_merge(BASE, CONFIG), "own.yaml")
    return Priorities(config, JobSettings(config, {}))


def of(**wildcards):
    return SimpleNamespace(**{"dataset": "digits", "normal": "0", "method": "cobra"} | wildcards)


def test_a_training_is_of_the_first_table_that_shows_its_detector(priorities):
    assert priorities.training(of()) == FIRST
    assert priorities.training(of(normal="3")) == FIRST - 1
    assert priorities.training(of(dataset="fmnist", normal="sandal")) == FIRST - 1
    assert priorities.training(of(method="l_cl")) == 0


def test_an_attack_is_of_the_first_table_that_shows_it_alone_or_among_others(priorities):
    shown = {
        attack: priorities.attack(of(score="similarity", attack=attack))
        for attack in ("pgd", "square", "apgd")
    }
    assert shown == {"pgd": FIRST, "square": FIRST, "apgd": FIRST - 1}
    assert priorities.attack(of(score="classifier", attack="pgd")) == 0
    assert priorities.attack(of(score="similarity", attack="pgd", normal="3")) == 0


def test_a_combination_is_asked_for_by_its_own_name(priorities):
    assert priorities.attack(of(score="similarity", attack="worst")) == FIRST
