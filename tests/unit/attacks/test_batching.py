"""How many images are attacked at once, and that neither it nor the number of threads changes a score."""

import errno
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import torch
from samples import (
    byte_images,
    precise_detector,
    settled_network,
    tiny_network,
    two_groups,
    unit_images,
    wavy,
)

from cobra.attacks import batching
from cobra.attacks.attack import attack
from cobra.attacks.batching import (
    LEAST,
    MOST,
    PER_THREAD,
    block_size,
    gpu_block_size,
    in_fitting_blocks,
    steady,
)
from cobra.attacks.fab import cross_threshold
from cobra.attacks.settings import AttackSettings
from cobra.attacks.strategies import having, kinds
from cobra.data.one_class import as_unit
from cobra.detectors.detector import Detector

LINF = [(kind, "linf", 0.1) for kind in kinds()]
L2 = [(kind, "l2", 1.0) for kind in having("l2")]
IMAGES = unit_images(8, seed=1)
IS_ANOMALY = torch.arange(8) % 2 == 1
IDS = torch.arange(8) * 5 + 2


@contextmanager
def threads(count):
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(1)


def results(score, settings, block, rows=IMAGES):
    """The attacked scores, or FAB's radii, of images attacked `block` at a time."""
    found = []
    for part in torch.arange(len(rows)).split(block):
        known = {"image_ids": IDS[part], "seed": 0}
        if settings.kind == "fab":
            threshold = 0.5 * float(score(rows[:2]).detach().sum())  # between two of the images
            trace = torch.full((len(part), settings.restarts, 1), torch.nan)
            known |= {"trace": trace, "on_restart": lambda: None}
            columns = cross_threshold(score, rows[part], IS_ANOMALY[part], settings, threshold, **known)
            found.append(columns["radius"])
        else:
            found.append(attack(score, rows[part], IS_ANOMALY[part], settings, **known).attacked)
    return torch.cat(found)


@pytest.mark.parametrize("width", [2, 8])
@pytest.mark.parametrize(("kind", "norm", "eps"), LINF + L2)
def test_blocks_change_no_score_of_a_network(identity, kind, norm, eps, width):
    # in double precision: what float32 makes of a gradient depends on the batch and grows from step to step
    settings = AttackSettings(kind=kind, norm=norm, eps=eps, steps=10, restarts=2)
    score = precise_detector(identity, width).score
    whole, parts = (results(score, settings, block) for block in (8, 3))
    torch.testing.assert_close(parts, whole, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("kind", "norm", "eps"), [*LINF, L2[0]])
def test_threads_change_no_score_of_a_network(identity, kind, norm, eps):
    # short: on a busy machine two threads wait for each other in every layer
    settings = AttackSettings(kind=kind, norm=norm, eps=eps, steps=1, restarts=1)
    score = precise_detector(identity, width=8).score
    one = results(score, settings, block=8)
    with threads(2):
        two = results(score, settings, block=8)
    assert torch.get_num_threads() == 1
    torch.testing.assert_close(two, one, rtol=0, atol=1e-5)


@pytest.mark.parametrize("block", [1, 5])
@pytest.mark.parametrize(("kind", "norm", "eps"), LINF + L2)
def test_blocks_change_no_score_in_single_precision_computed_by_eights(identity, kind, norm, eps, block):
    detector = Detector.build(settled_network(8), byte_images(16), identity)
    settings = AttackSettings(kind=kind, norm=norm, eps=eps, steps=20, restarts=2)
    score = steady(detector.score)
    whole, parts = (results(score, settings, size) for size in (8, block))
    torch.testing.assert_close(parts, whole, rtol=0, atol=1e-5)


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 16])
def test_batches_are_filled_up_to_eights_and_gradients_are_the_images_own(count):
    seen = []

    def score(images):
        seen.append(len(images))
        return wavy(images)

    images = unit_images(16, side=6)[:count].requires_grad_()
    scores = steady(score)(images)
    assert seen == [-(-count // 8) * 8]
    assert torch.equal(scores, wavy(images))
    (gradient,) = torch.autograd.grad(scores.sum(), images)
    (expected,) = torch.autograd.grad(wavy(images).sum(), images)
    assert torch.equal(gradient, expected)


@pytest.mark.parametrize(("kind", "norm", "eps"), LINF + L2)
@pytest.mark.parametrize("block", [1, 2, 4])
def test_blocks_change_no_score_that_sees_each_image_alone(kind, norm, eps, block):
    settings = AttackSettings(kind=kind, norm=norm, eps=eps, steps=20, restarts=2)
    rows = unit_images(6, side=6)
    whole = results(wavy, settings, 6, rows)
    torch.testing.assert_close(results(wavy, settings, block, rows), whole, rtol=0, atol=1e-6)


def test_a_block_without_targets_passes_through_a_real_detector(identity):
    # test images come group by group, so whole blocks hold nothing to attack
    detector = Detector.build(tiny_network(), byte_images(4), identity)
    test = two_groups(normal=3, anomalies=0, side=16)
    settings = AttackSettings(eps=0.1, steps=2, restarts=1, target="anomalies")
    images = as_unit(test.images.pixels)
    result = attack(detector.score, images, test.is_anomaly, settings, image_ids=test.images.ids, seed=0)
    assert torch.equal(result.attacked, result.clean)
    assert torch.equal(result.trace, result.clean[:, None, None].expand_as(result.trace))


def refuses(images):
    raise AssertionError("on a CPU the score is not asked")


@pytest.mark.parametrize(
    ("side", "threads", "expected"),
    [(28, 1, 256), (32, 1, 256), (32, 4, 1024), (64, 1, 64), (64, 2, 128), (128, 3, 48), (224, 1, 8),
     (224, 2, 10), (224, 16, 80), (512, 2, 8), (1024, 64, 8)],
)  # fmt: skip
def test_on_a_cpu_blocks_follow_threads_and_pixels(side, threads, expected):
    assert block_size(refuses, torch.zeros(1, 3, side, side), threads) == expected


def test_blocks_grow_with_threads_and_shrink_with_pixels():
    sizes = [
        [block_size(refuses, torch.zeros(1, 3, side, side), count) for count in range(1, 33)]
        for side in (16, 32, 48, 64, 96, 128, 224, 256)
    ]
    assert all(row == sorted(row) for row in sizes)
    assert all(column == sorted(column, reverse=True) for column in map(list, zip(*sizes, strict=True)))
    assert min(min(row) for row in sizes) == LEAST
    assert max(max(row) for row in sizes) == 32 * PER_THREAD


def test_blocks_of_oblong_and_grey_images_count_their_pixels():
    assert block_size(refuses, torch.zeros(1, 1, 32, 64), 1) == block_size(
        refuses, torch.zeros(1, 3, 64, 32), 1
    )
    assert block_size(refuses, torch.zeros(1, 1, 32, 64), 1) == 128


class Gpu:
    """The memory that a score takes, as torch tells it of a GPU: so much at the first call and never again,
    so much for each image of a batch whose gradient is taken, a third of it for one only looked at.
    """

    def __init__(self, free, once, each):
        self.free, self.once, self.each = free, once, each
        self.held = self.peak = 1000

    def score(self, images):
        share = 1 if images.requires_grad else 1 / 3
        self.peak = max(self.peak, self.held + self.once + int(len(images) * self.each * share))
        self.held, self.once = self.held + self.once, 0
        return images.flatten(1).sum(dim=1)

    def blind(self, images):
        return self.score(images).detach()

    def reset_peak(self, device):
        self.peak = self.held

    def as_torch_tells(self):
        return SimpleNamespace(
            memory_allocated=lambda device: self.held,
            max_memory_allocated=lambda device: self.peak,
            reset_peak_memory_stats=self.reset_peak,
            mem_get_info=lambda device: (self.free, 2 * self.free),
            empty_cache=lambda: None,
        )


@pytest.mark.parametrize("once", [0, 10**9], ids=["", "workspace of the first call"])
@pytest.mark.parametrize(("each", "expected"), [(10**6, MOST), (17_200_000, 512), (10**9, 8)])
def test_on_a_gpu_a_block_is_what_an_attack_needs_per_image(monkeypatch, once, each, expected):
    gpu = Gpu(free=16 * 10**9, once=once, each=each)
    monkeypatch.setattr(batching.torch, "cuda", gpu.as_torch_tells())
    assert gpu_block_size(gpu.score, torch.rand(1, 3, 8, 8)) == expected


def test_a_score_without_a_gradient_is_probed_by_looking(monkeypatch):
    gpu = Gpu(free=16 * 10**9, once=0, each=3 * 17_200_000)
    monkeypatch.setattr(batching.torch, "cuda", gpu.as_torch_tells())
    assert gpu_block_size(gpu.blind, torch.rand(1, 3, 8, 8)) == 512


FULL = torch.OutOfMemoryError("CUDA out of memory.")


def rows_of(seen, most):
    """Work that bears so many images at once; gives their numbers."""

    def work(block):
        rows = torch.arange(40)[block]
        seen.append(len(rows))
        if len(rows) > most:
            raise FULL
        return rows

    return work


@pytest.mark.parametrize(
    ("size", "most", "tried"),
    [(40, 40, [40]), (32, 32, [32, 8]), (40, 10, [40, 20, 10, 10, 10, 10]), (16, 8, [16, 8, 8, 8, 8, 8])],
)
def test_blocks_that_do_not_fit_are_halved_and_nothing_is_lost(capsys, size, most, tried):
    seen = []
    found = in_fitting_blocks(rows_of(seen, most), 40, size)
    assert torch.equal(torch.cat(found), torch.arange(40))
    assert seen == tried
    told = capsys.readouterr().err.splitlines()
    assert len(told) == sum(count > most for count in tried)
    assert all(line.startswith("out of memory: going on with") for line in told)


@pytest.mark.parametrize("error", [FULL, RuntimeError("a fault"), OSError(errno.EIO, "disk")], ids=str)
def test_what_halving_does_not_mend_is_raised(error):
    def work(block):
        raise error

    with pytest.raises(type(error)) as caught:
        in_fitting_blocks(work, 40, LEAST)
    assert caught.value is error
