import math

import pytest
import torch
from samples import TINY_MODEL

from cobra.experiment import machine_speed
from cobra.experiment.cost import multiply_adds


@pytest.mark.parametrize("stem", ["low", "high"])
def test_the_speed_of_this_machine_is_a_number_to_divide_by(monkeypatch, stem):
    monkeypatch.setattr(machine_speed, "SECONDS", 0.01)
    model = TINY_MODEL.model_copy(update={"stem": stem})
    speed = machine_speed.measured_speed(model, 16, torch.device("cpu"))
    assert math.isfinite(speed)
    assert speed > 0


def test_the_speed_is_the_work_done_over_the_time_it_took(monkeypatch):
    clock = [0.0]
    gradient = machine_speed._gradient

    def slow_gradient(*arguments):
        gradient(*arguments)
        clock[0] += 0.5

    monkeypatch.setattr(machine_speed, "_gradient", slow_gradient)
    monkeypatch.setattr("cobra.experiment.machine_speed.time.monotonic", lambda: clock[0])
    speed = machine_speed.measured_speed(TINY_MODEL, 16, torch.device("cpu"))
    assert speed == pytest.approx(machine_speed.BATCH["cpu"] * multiply_adds(TINY_MODEL, 16) / 0.5)
