"""Memory of a training step, counted in small ones."""

import pytest
import torch
from samples import TINY_MODEL

from cobra.experiment.footprint import Held, line, most_bytes, step, views
from cobra.training.settings import AdversarySettings, DetectorSettings, ScheduleSettings

SMALL = DetectorSettings(
    model=TINY_MODEL, adversary=AdversarySettings(eps=0.01), schedule=ScheduleSettings(batch_size=64)
)


def test_bytes_are_those_of_living_tensors():
    with Held() as held:
        first = torch.zeros(1000)
        second = first + 1
        del first
        third = second * 2
    del second, third
    assert held.peak == 2 * 4 * 1000


def test_two_measurements_make_a_line():
    assert line(lambda count: 7 + 3 * count, (4, 8)) == {"fixed": 7, "each": 3}


def test_a_step_has_two_clean_views_and_one_per_attack_of_an_image_and_its_anomaly():
    assert views(SMALL) == 8
    assert views(SMALL.model_copy(update={"adversary": AdversarySettings(enabled=False)})) == 4


def test_the_quick_count_is_that_of_a_whole_step():
    assert most_bytes(SMALL, 16) == pytest.approx(step(SMALL, 16, 64), rel=0.15)
