import pytest
import torch
from samples import TINY_MODEL

from cobra.experiment import machine_speed
from cobra.experiment.cost import Estimate, Size
from cobra.experiment.machine_speed import Measured

CPU = torch.device("cpu")
SIZE = Size(TINY_MODEL, 16, "fp32", 8)


@pytest.mark.parametrize("stem", ["low", "high"])
def test_a_pass_of_this_machine_takes_a_time_within_its_range(monkeypatch, stem):
    monkeypatch.setattr(machine_speed, "SECONDS", 0.01)
    speeds, size = Measured(CPU), SIZE._replace(model=TINY_MODEL.model_copy(update={"stem": stem}))
    for found in (
        speeds.of_images(size),
        speeds.of_weights(size),
        speeds.of_weights(size._replace(recompute=True)),
    ):
        assert 0 < found.low <= found.typical <= found.high


def test_a_pass_takes_the_median_of_several_runs_but_the_first_over_its_images(monkeypatch):
    clock, runs = [0.0], []

    def step():
        runs.append(None)
        clock[0] += [100.0, 2.0, 1.0, 4.0][len(runs) - 1]

    monkeypatch.setattr(machine_speed, "SECONDS", 6.5)
    monkeypatch.setattr(machine_speed, "training_step", lambda trainer: step)
    monkeypatch.setattr("cobra.experiment.machine_speed.time.perf_counter", lambda: clock[0])
    found = Measured(CPU).of_weights(SIZE)
    views = 4 * 8  # two of each image, two of its pseudo-anomaly
    assert (found.low, found.typical, found.high) == (1 / views, 2 / views, 4 / views)


def test_alike_sizes_are_measured_once(monkeypatch):
    runs = []

    def seconds(self, run):
        runs.append(run)
        return Estimate(1, 1, 1)

    monkeypatch.setattr(Measured, "_seconds", seconds)
    speeds = Measured(CPU)
    for size in (
        SIZE._replace(batch=None),
        SIZE._replace(batch=500),
        SIZE._replace(recompute=True, batch=64),
    ):
        speeds.of_images(size)  # on a CPU as many images at once, whoever asks
    assert len(runs) == 1
    speeds.of_images(SIZE._replace(side=32))
    assert len(runs) == 2


def test_a_gpu_takes_the_jobs_batch_and_a_cpu_few_images():
    gpu, cpu = Measured.__new__(Measured), Measured(CPU)
    gpu.device = torch.device("cuda")
    large = SIZE._replace(side=224, batch=128)
    assert [gpu._images(large), cpu._images(large)] == [128, 2]
    assert [gpu._images(SIZE._replace(side=32, batch=None)), cpu._images(SIZE._replace(side=32))] == [4096, 8]
