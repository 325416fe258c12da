import pytest

from cobra.artifacts.paper_values import departures
from cobra.attacks.settings import AttackSettings, EvaluationSettings
from cobra.data.settings import TestSubset
from cobra.detectors.settings import ScoreSettings
from cobra.training.settings import DetectorSettings


@pytest.mark.parametrize("section", [DetectorSettings, EvaluationSettings, AttackSettings])
def test_every_default_is_the_papers(section):
    assert departures(section(), 4 / 255) == []


def test_departures_from_the_paper_are_told():
    settings = EvaluationSettings(
        attack=AttackSettings(eps=0.1, steps=20), score=ScoreSettings(kind="classifier")
    )
    assert departures(settings, 4 / 255) == [
        "score.kind classifier (paper: similarity)",
        "attack.eps 0.1 (paper: 4/255 for low resolution, 2/255 for high)",
        "attack.steps 20 (paper: 1000)",
    ]
    assert departures(TestSubset(anomaly_limit=9), 4 / 255) == ["anomaly_limit 9 (paper: all)"]


def test_generated_anomalies_are_told_where_they_are_used():
    settings = DetectorSettings.model_validate({"crafting": {"generated": {"folder": "made", "share": 0.5}}})
    assert departures(settings, 4 / 255) == [
        "crafting.generated.folder made (paper: none)",
        "crafting.generated.share 0.5 (paper: 0)",
    ]


def test_restarts_that_are_spared_are_told():
    settings = AttackSettings.model_validate({"stop": {"after": 4}, "eps": "4/255"})
    assert departures(settings, 4 / 255) == ["stop.after 4 (paper: never)"]


@pytest.mark.parametrize("eps", ["4/255", "2/255"])
def test_the_papers_budget_is_that_of_the_data_s_resolution(eps):
    attacked = EvaluationSettings(attack=AttackSettings(eps=eps))
    assert bool(departures(attacked, 4 / 255)) == (eps == "2/255")
    assert bool(departures(attacked, 2 / 255)) == (eps == "4/255")
