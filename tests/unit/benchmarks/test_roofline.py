"""FLOP, kinds of operations and tables of benchmarks/roofline.py."""

from types import SimpleNamespace

import pytest
import torch
from samples import multiply_adds
from torch.autograd import DeviceType
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import roofline
from benchmarks.lib.subjects import attack_of, detector, random_images, trainer
from cobra.attacks.settings import AttackSettings
from cobra.experiment.cost import training_passes
from cobra.experiment.random_training import training_step

CPU = torch.device("cpu")
FEW = {"eps": 0.05, "restarts": 1}


def flop_of_attack(subject, images, steps):
    return roofline.flop_of(attack_of(subject.score, images, AttackSettings(**FEW, steps=steps)))


def test_an_attack_computes_a_pass_and_a_gradient_at_each_step_and_two_passes_around_them():
    subject, images = detector(16, 50, CPU, width=16), random_images(8, 16, CPU)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        subject.score(images)
    one = counter.get_total_flops()
    few, many = (flop_of_attack(subject, images, steps) for steps in (1, 3))
    assert (many - few) / 2 == pytest.approx(2 * one, rel=0.01)
    assert few == pytest.approx(4 * one, rel=0.01)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_training_step_computes_what_the_cost_model_says(precision):
    """A gradient that the weights take is three passes, one of the adversary two; partners take one each."""
    made = trainer(CPU, 2, 32, 16, adversary={"eps": 0.05, "steps": 2}, schedule={"precision": precision})
    weights, adversary = training_passes(made.settings, 2)
    passes = (3 * weights + 2 * adversary) / made.settings.schedule.epochs + 4 * 2
    expected = 2 * multiply_adds(made.settings.model, 32) * passes
    assert roofline.flop_of(training_step(made)) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_most_of_an_attacks_time_is_in_convolutions(precision):
    subject, images = detector(16, 50, CPU, width=16), random_images(8, 16, CPU)
    run = attack_of(subject.score, images, AttackSettings(**FEW, steps=3, precision=precision))
    its = roofline.measured(run, CPU, rounds=1)
    kinds = its["kinds"]
    assert set(kinds) <= {*roofline.KINDS, roofline.OUTSIDE}
    convolutions = kinds["convolutions, forward"] + kinds["convolutions, gradients"]
    assert convolutions > kinds["matrix products"] + kinds["copies and casts"] > 0
    assert its["flop_per_second"] == its["flop"] / its["seconds"]


def test_operations_are_told_apart_by_name_and_kernels_are_not_counted_twice():
    names = {
        "aten::mkldnn_convolution": 1, "aten::cudnn_convolution": 2, "aten::convolution_backward": 4,
        "autograd::engine::evaluate_function: ConvolutionBackward0": 8, "aten::mm": 16, "aten::addmm": 32,
        "aten::native_batch_norm": 64, "aten::copy_": 128, "aten::add": 256, "aten::scatter": 512,
    }  # fmt: skip
    events = [
        SimpleNamespace(key=name, device_type=DeviceType.CPU, time=1e6 * its) for name, its in names.items()
    ]
    events.append(SimpleNamespace(key="sm90_xmma_fprop", device_type=DeviceType.CUDA, time=1e9))
    assert roofline.by_kind(events, "time") == {
        "convolutions, forward": 3, "convolutions, gradients": 12, "matrix products": 48, "batch norm": 64,
        "copies and casts": 128, "elementwise and others": 768,
    }  # fmt: skip


def test_ceilings_leave_the_settings_as_they_were():
    cudnn = torch.backends.cudnn
    before = cudnn.allow_tf32, cudnn.benchmark, cudnn.deterministic
    with roofline.fastest_algorithms():
        assert (cudnn.benchmark, cudnn.deterministic) == (True, False)
    assert (cudnn.allow_tf32, cudnn.benchmark, cudnn.deterministic) == before


def test_the_tables_have_a_row_per_work_and_a_row_per_kind():
    work = {
        "work": "attack", "images": 16, "steps": 50, "precision": "bf16", "flop": 10**12, "seconds": 5.0,
        "flop_per_second": 2e11, "of_convolution": 0.4, "of_matrix": 0.5,
        "kinds": {"convolutions, forward": 3.0, roofline.OUTSIDE: 1.0},
    }  # fmt: skip
    limits = {"bf16": {"convolution": 5e11, "matrix": 4e11}}
    result = {"machine": {"cores": 2}, "ceilings": limits, "works": [work]}
    args = SimpleNamespace(width=64, side=32, memory=5000, rounds=3, steps=50)
    cells = [
        [cell.strip() for cell in line.split("|")] for line in roofline.text_of(result, args).splitlines()
    ]
    assert ["", "bf16", "500.0", "400.0", ""] in cells
    assert ["", "attack", "16", "bf16", "100.00", "20.00", "200.0", "40.0%", "50.0%", ""] in cells
    assert ["", "convolutions, forward", "75.0%", ""] in cells
