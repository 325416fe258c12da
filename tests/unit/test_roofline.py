"""The arithmetic of benchmarks/roofline.py: FLOP, bytes, bounds, and to which part an operation belongs."""

import breakdown
import ceilings
import convolutions
import pytest
import roofline
import roofline_tables
import timing
import torch
from convolutions import Shape
from subjects import detector, random_bytes
from torch.utils.flop_counter import FlopCounterMode

from cobra.backbones.resnets import ResNet
from cobra.costs import multiply_adds
from cobra.data.one_class import as_unit
from cobra.settings.attack import AttackSettings
from cobra.settings.model import ModelSettings

CPU = torch.device("cpu")
FIRST = Shape(3, 64, 32, 32, 3, 1, 1)


def counted(name, side, stem, width=8):
    network = ResNet(name, width, stem).eval()
    return network, convolutions.counted(network, torch.zeros(1, 3, side, side))


@pytest.mark.parametrize(("stem", "side"), [("low", 32), ("high", 64)])
def test_the_convolutions_of_a_network_are_as_much_as_torch_counts(stem, side):
    network, found = counted("resnet18", side, stem)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(torch.zeros(5, 3, side, side))
    assert convolutions.total_flop(found, 5) == counter.get_total_flops()
    assert found.total() == 20  # 17 of 3x3 or the stem's size, 3 shortcuts


def test_the_gradient_of_the_input_takes_as_much_as_the_forward_pass():
    network, found = counted("resnet10", 32, "low")
    network.requires_grad_(False)
    images = torch.zeros(2, 3, 32, 32, requires_grad=True)
    with FlopCounterMode(display=False) as counter:
        torch.autograd.grad(network(images + 0).sum(), images)  # a leaf the counter cannot follow
    assert 2 * convolutions.total_flop(found, 2) == counter.get_total_flops()


def test_a_multiply_add_is_two_flop():
    _, found = counted("resnet18", 32, "low", width=64)
    by_model = 2 * multiply_adds(ModelSettings(), 32)
    assert convolutions.total_flop(found, 1) == pytest.approx(by_model, rel=0.03)


def test_flop_and_bytes_of_a_shape_are_those_counted_by_hand():
    assert FIRST.flop(2) == 2 * 2 * 64 * 32 * 32 * 3 * 9
    assert FIRST.moved(2, 4) == 4 * (2 * 32 * 32 * (3 + 64) + 64 * 3 * 9)
    assert FIRST.moved(2, 2) * 2 == FIRST.moved(2, 4)
    assert str(FIRST) == "3 -> 64, 3x3, from 32x32"
    assert str(Shape(64, 128, 32, 16, 1, 2, 0)) == "64 -> 128, 1x1 / 2, from 32x32"


def test_an_operation_is_bound_by_what_takes_longer():
    """At 100 FLOP/s and 10 bytes/s, 10 FLOP take as long as the byte they are for."""
    assert convolutions.is_bound_by_memory(9.9, 100, 10)
    assert not convolutions.is_bound_by_memory(10.1, 100, 10)


def test_a_shape_is_timed_forwards_and_backwards():
    seconds = convolutions.timed(Shape(8, 8, 8, 4, 3, 2, 1), 2, torch.float32, CPU, least=1e-4)
    assert set(seconds) == {"forward", "gradient"}
    assert min(seconds.values()) > 0


def test_one_run_is_timed_by_as_many_as_take_long_enough():
    now, ran = [0.0], [0]

    def run():
        ran[0] += 1
        now[0] += 0.25

    assert timing.seconds_each(run, least=1.0, rounds=2, clock=lambda: now[0]) == 0.25
    assert ran[0] == 1 + 1 + 2 + 4 + 4  # to set up; until it takes a second; once more


def test_a_processor_computes_in_the_precision_that_is_set():
    assert ceilings.formats(CPU) == ["fp32", "bf16"]
    assert [ceilings.format_of(name, CPU) for name in ("fp32", "bf16")] == ["fp32", "bf16"]


def test_ceilings_leave_the_settings_as_they_were():
    cudnn = torch.backends.cudnn
    before = cudnn.allow_tf32, cudnn.benchmark, cudnn.deterministic
    with ceilings.computing_in("fp32"):
        assert (cudnn.allow_tf32, cudnn.benchmark, cudnn.deterministic) == (False, True, False)
    assert (cudnn.allow_tf32, cudnn.benchmark, cudnn.deterministic) == before


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_every_part_of_an_attack_takes_time_and_most_of_it_is_convolutions(precision):
    subject = detector(16, 50, CPU, width=16)
    settings = AttackSettings(eps=0.05, steps=3, restarts=1, precision=precision)
    images = as_unit(random_bytes(8, 16).pixels[:])
    run = roofline.attack_of(breakdown.marked_score(subject.score), images, settings)
    parts = breakdown.profiled(run, breakdown.backbones(subject), CPU)
    assert tuple(parts) == breakdown.PARTS
    assert min(parts.values()) > 0
    assert (
        parts[breakdown.FORWARD] + parts[breakdown.GRADIENT] > parts[breakdown.STEP] + parts[breakdown.HEAD]
    )


def test_an_attack_computes_a_pass_and_a_gradient_at_each_step_and_two_passes_around_them():
    subject = detector(16, 50, CPU, width=16)
    images = as_unit(random_bytes(8, 16).pixels[:])
    one = convolutions.total_flop(convolutions.counted(subject.scorer.backbone, images), len(images))
    few, many = (
        roofline.flop_of(
            roofline.attack_of(subject.score, images, AttackSettings(eps=0.05, steps=steps, restarts=1))
        )
        for steps in (1, 3)
    )
    assert (many - few) / 2 == pytest.approx(2 * one, rel=0.01)  # beside convolutions the head's products
    assert few == pytest.approx(4 * one, rel=0.01)


class Event:
    """An event as the profiler tells it."""

    thread, fwd_thread = 1, 1
    device_type = torch.autograd.DeviceType.CPU

    def __init__(self, name, parent=None, number=-1, microseconds=1e6):
        self.name, self.cpu_parent, self.sequence_nr = name, parent, number
        self.self_cpu_time_total = microseconds


def test_a_backward_operation_belongs_to_the_part_of_its_forward_one():
    network = Event(breakdown.NETWORK, microseconds=0)
    score = Event(breakdown.SCORE, microseconds=0)
    convolution = Event("aten::conv2d", network, microseconds=0)
    backward = "autograd::engine::evaluate_function: {}Backward0"
    events = [
        network, score, convolution,
        Event("aten::copy_", convolution, microseconds=1e6),
        Event("aten::relu", network, number=7, microseconds=2e6),
        Event("aten::mm", score, number=8, microseconds=4e6),
        Event("aten::threshold_backward", Event(backward.format("Relu"), number=7), microseconds=8e6),
        Event("aten::mm", Event(backward.format("Mm"), number=8), microseconds=16e6),
        Event("aten::convolution_backward", Event("ConvolutionBackward0", number=9), microseconds=32e6),
        Event("aten::sign", Event(breakdown.MOVE), microseconds=64e6),
        Event("aten::where", microseconds=128e6),
    ]  # fmt: skip
    assert breakdown.by_part(events, on_gpu=False) == {
        breakdown.FORWARD: 1, breakdown.GRADIENT: 32, breakdown.OTHERS: 10,
        breakdown.HEAD: 20, breakdown.STEP: 64, breakdown.REST: 128,
    }  # fmt: skip


def test_the_tables_name_the_best_batch_and_its_share_of_the_ceiling():
    parts = dict.fromkeys(breakdown.PARTS, 1.0)
    attacks = [
        {"batch": batch, "precision": "bf16", "format": "bf16", "seconds_per_step": 0.1, "parts": parts,
         "image_steps_per_second": 10 * batch, "flop_per_second": 2e11, "of_matrix": share,
         "of_convolution": 0.4} for batch, share in ((8, 0.25), (16, 0.5))
    ]  # fmt: skip
    shape = {
        "shape": str(FIRST), "count": 2, "batch": 16, "format": "bf16", "flop": 10**9, "flop_per_byte": 20.0,
        "bound_by": "compute", "seconds": {"forward": 0.001, "gradient": 0.003},
    }  # fmt: skip
    text = roofline_tables.text_of(
        {
            "machine": {"cores": 2},
            "options": {"width": 64, "side": 32, "memory": 5000, "rounds": 3, "steps": 60},
            "ceilings": {"bf16": {"matrix": 4e11, "convolution": 5e11}, "copy": {"bytes_per_second": 3.8e10}},
            "attacks": attacks, "best": attacks[1], "shapes": [shape],
        }
    )  # fmt: skip
    assert "best: 16 images, bf16: 50.0 % of the matrix ceiling (the goal on a GPU: 45.0 %)" in text
    assert "| bf16     | 400                       | 500                    | 38           |" in text
    assert "bf16: all convolutions of a step 2.0 ms forward, 6.0 ms for the input's gradients" in text
    assert "| convolutions, forward        | 16.7 %    | 16.7 %     |" in text
