import math

import pytest
import torch
from samples import TINY_MODEL

from cobra import calibration
from cobra.costs import multiply_adds


@pytest.mark.parametrize("stem", ["low", "high"])
def test_the_speed_of_this_machine_is_a_number_to_divide_by(monkeypatch, stem):
    monkeypatch.setattr(calibration, "SECONDS", 0.01)
    speed = calibration.measured_speed(TINY_MODEL.model_copy(update={"stem": stem}), 16, torch.device("cpu"))
    assert math.isfinite(speed)
    assert speed > 0


def test_the_speed_is_the_work_done_over_the_time_it_took(monkeypatch):
    clock = [0.0]
    gradient = calibration._gradient

    def slow_gradient(*arguments):
        gradient(*arguments)
        clock[0] += 0.5

    monkeypatch.setattr(calibration, "_gradient", slow_gradient)
    monkeypatch.setattr("cobra.calibration.time.monotonic", lambda: clock[0])
    speed = calibration.measured_speed(TINY_MODEL, 16, torch.device("cpu"))
    assert speed == pytest.approx(calibration.BATCH["cpu"] * multiply_adds(TINY_MODEL, 16) / 0.5)
