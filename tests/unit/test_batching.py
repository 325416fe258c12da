"""How many images are attacked at once, and that neither it nor the number of threads changes a score."""

from contextlib import contextmanager

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

from cobra.attacks.run import attack
from cobra.attacks.strategies import having, kinds
from cobra.attacks.threshold import cross_threshold
from cobra.batching import LEAST, PER_THREAD, block_size, steady
from cobra.data.one_class import as_unit
from cobra.detector import Detector
from cobra.settings.attack import AttackSettings

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


@pytest.mark.parametrize("block", [1, 3, 5])
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
