import pytest

from cobra.reporting.departures import departures
from cobra.settings.attack import AttackSettings, EvaluationSettings, ScoreSettings
from cobra.settings.data import TestSubset
from cobra.settings.detector import DetectorSettings


@pytest.mark.parametrize("section", [DetectorSettings, EvaluationSettings, AttackSettings])
def test_every_default_is_the_papers(section):
    assert departures(section()) == []


def test_departures_from_the_paper_are_told():
    settings = EvaluationSettings(
        attack=AttackSettings(eps=0.1, steps=20), score=ScoreSettings(kind="classifier")
    )
    assert departures(settings) == [
        "score.kind classifier (paper: similarity)",
        "attack.eps 0.1 (paper: 4/255)",
        "attack.steps 20 (paper: 1000)",
    ]
    assert departures(EvaluationSettings(attack=AttackSettings(eps="4/255"))) == []
    assert departures(TestSubset(anomaly_limit=9)) == ["anomaly_limit 9 (paper: all)"]
