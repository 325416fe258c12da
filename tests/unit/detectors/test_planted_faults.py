"""Planted faults: each leaves the clean score nearly as it is, and hides the gradient in a way of its own."""

import math
from types import SimpleNamespace
from typing import get_args

import pytest
import torch
from samples import byte_images, settled_network, unit_images

from cobra.attacks.attack import attack
from cobra.attacks.settings import AttackSettings
from cobra.detectors.detector import Detector
from cobra.detectors.planted_faults import GRID, JITTER, LEAK, LEVELS, MASKERS, RIPPLE, STEEPNESS, WAVES
from cobra.detectors.settings import Masker

IMAGES = unit_images(6, seed=1)


@pytest.fixture
def detector(identity):
    return Detector.build(settled_network(), byte_images(16), identity)


# a detector whose images, [N, 1, 1, K], are themselves the similarities to K neighbours
SIMILAR = SimpleNamespace(
    pooled=lambda images, pool: -pool(images.flatten(1)),
    score=lambda images: -images.flatten(1).amax(dim=1),
)


def gradient_of(score, images):
    images = images.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(score(images).sum(), images)
    return gradient


def test_quantised_leaves_16_levels_as_they_are_and_has_no_gradient(detector):
    score = MASKERS["quantised"](detector)
    coarse = (IMAGES * (LEVELS - 1)).round() / (LEVELS - 1)
    assert torch.equal(score(coarse), detector.score(coarse))
    every_level = (torch.arange(LEVELS) / (LEVELS - 1)).reshape(1, 1, 1, LEVELS).expand(1, 3, 4, LEVELS)
    assert torch.equal(score(every_level), detector.score(every_level))
    assert torch.equal(score(IMAGES), detector.score(coarse))
    assert not gradient_of(score, IMAGES).any()


def test_saturated_keeps_the_order_and_is_flat_where_it_ends():
    score = MASKERS["saturated"](SIMILAR)
    ladder = torch.tensor([0.9, 0.7, 0.504, 0.5, 0.497, 0.3, 0.1]).reshape(7, 1, 1, 1)
    clean, found = SIMILAR.score(ladder), score(ladder)
    torch.testing.assert_close(found, torch.sigmoid(STEEPNESS * (clean + 0.5)))
    assert (found.diff() >= 0).all()
    assert (found[2:5].diff() > 0).all()  # within a few thousandths of -0.5 images are told apart
    flat = gradient_of(score, ladder).flatten() == 0
    assert flat.tolist() == [True, True, False, False, False, True, True]


def test_saturated_has_no_gradient_at_a_detectors_images(detector):
    away = (detector.score(IMAGES) + 0.5).abs() > 0.11
    assert away.sum() >= 3
    assert not gradient_of(MASKERS["saturated"](detector), IMAGES[away]).any()


def test_randomised_is_right_on_average_and_other_each_time(detector):
    score = MASKERS["randomised"](detector)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        drawn = torch.stack([score(IMAGES) for _ in range(200)]) - detector.score(IMAGES)
    assert abs(drawn.mean()) < 5 * JITTER / 1200**0.5
    assert drawn.std().item() == pytest.approx(JITTER, rel=0.1)
    assert (drawn[0] != drawn[1]).all()
    assert len(drawn[0].unique()) == 6  # each image has noise of its own


def test_stopped_keeps_the_score_and_points_along_the_mean_pixel_alone(detector):
    score = MASKERS["stopped"](detector)
    gap = score(IMAGES) - detector.score(IMAGES)
    assert (gap >= 0).all()
    assert (gap <= LEAK).all()
    gradient = gradient_of(score, IMAGES)
    torch.testing.assert_close(gradient, torch.full_like(IMAGES, LEAK / IMAGES[0].numel()))
    assert not torch.allclose(gradient, gradient_of(detector.score, IMAGES))


def test_tied_keeps_the_score_within_its_grid(detector):
    gap = MASKERS["tied"](detector)(IMAGES) - detector.score(IMAGES)
    assert gap.abs().max() <= 0.5 / GRID + 1e-6


def test_tied_follows_the_first_of_the_neighbours_that_tie():
    # 0.795 and 0.805 are both 0.80 on the grid, 0.78 is not; the nearest is the last
    similarities = torch.tensor([[0.78, 0.795, 0.5, 0.805], [0.1, -0.3, 0.2, 0.14]]).reshape(2, 1, 1, 4)
    score = MASKERS["tied"](SIMILAR)
    torch.testing.assert_close(score(similarities), torch.tensor([-0.80, -0.20]))
    expected = torch.tensor([[0.0, -1.0, 0.0, 0.0], [0.0, 0.0, -1.0, 0.0]]).reshape(2, 1, 1, 4)
    assert torch.equal(gradient_of(score, similarities), expected)
    assert not torch.equal(gradient_of(SIMILAR.score, similarities), expected)


def test_tied_gradient_of_a_detector_is_that_of_one_neighbour(detector):
    found = gradient_of(MASKERS["tied"](detector), IMAGES)
    memory = detector.memory("projection")
    coarse = ((detector.network.embed(IMAGES, "projection") @ memory.T) * GRID).round()
    first = [row.tolist().index(row.max().item()) for row in coarse]

    def to_first(images):
        return -(detector.network.embed(images, "projection") * memory[first]).sum(dim=1)

    torch.testing.assert_close(found, gradient_of(to_first, IMAGES), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("masker", ["quantised", "stopped"])
def test_what_is_hidden_misleads_pgd(detector, masker):
    settings = AttackSettings(eps=0.05, steps=10, restarts=1)
    known = {"image_ids": torch.arange(6), "seed": 0}
    scores = {"plain": detector.score, "masked": MASKERS[masker](detector)}
    found = {
        name: attack(score, IMAGES, torch.zeros(6).bool(), settings, **known)
        for name, score in scores.items()
    }
    gain = {name: (result.attacked - result.clean).mean() for name, result in found.items()}
    assert 0 < gain["masked"] < 0.5 * gain["plain"]


def test_rugged_adds_a_ripple_over_every_pixel_whose_slope_its_gradient_follows(detector):
    score = MASKERS["rugged"](detector)
    pixels = IMAGES.double()
    for number, image in enumerate(pixels):
        ripple = [RIPPLE * math.sin(WAVES * value) for value in image.flatten().tolist()]
        added = float(score(IMAGES)[number] - detector.score(IMAGES)[number])
        assert added == pytest.approx(sum(ripple) / len(ripple), abs=1e-5)
    slope = gradient_of(score, IMAGES) - gradient_of(detector.score, IMAGES)
    expected = RIPPLE * WAVES * (WAVES * pixels).cos() / pixels[0].numel()
    torch.testing.assert_close(slope.double(), expected, atol=1e-4, rtol=1e-3)


def test_a_configuration_may_name_every_fault():
    assert list(get_args(Masker)) == ["none", *MASKERS]
