"""What sets each attack apart: where it must end, and how it moves."""

import pytest
import torch
from samples import linear_score, restart_of, unit_images, wavy

from cobra.attacks.attack import strategy
from cobra.attacks.settings import AttackSettings
from cobra.attacks.strategies import STRATEGIES
from cobra.attacks.strategies.apgd import AdaptiveSteps
from cobra.attacks.strategies.momentum import momentum_steps
from cobra.attacks.strategies.square import area_share, window, window_side
from cobra.randomness import ImageRandom
from cobra.training.ascent import LinfBall

IMAGES = unit_images(8, side=8)
EPS = 0.1
linear, WEIGHTS = linear_score((3, 8, 8))


def tried(kind, score=wavy, steps=40, **settings):
    chosen = AttackSettings(kind=kind, eps=EPS, steps=steps, **settings)
    return strategy(kind)(restart_of(score, IMAGES, chosen))


@pytest.mark.parametrize("kind", STRATEGIES.names())
def test_the_score_of_all_that_was_tried_is_returned(kind):
    seen = []

    def score(images):
        seen.append(wavy(images).detach())
        return wavy(images)

    values = tried(kind, score, steps=12)
    assert values.shape == (8, 13)
    assert torch.equal(values, torch.stack(seen, dim=1))
    assert not values.requires_grad


@pytest.mark.parametrize("kind", ["pgd", "momentum", "apgd", "a3"])
def test_gradient_attacks_reach_the_best_corner_of_a_linear_score(kind):
    best = linear((IMAGES + EPS * WEIGHTS.sign()).clamp(0, 1))
    torch.testing.assert_close(tried(kind, linear).amax(dim=1), best, rtol=1e-5, atol=1e-5)


def test_queries_beat_noise_and_gradients_beat_queries():
    found = {kind: tried(kind, linear, steps=200).amax(dim=1) for kind in STRATEGIES.names()}
    for kind in ("square", "search"):
        assert (found[kind] > found["noise"]).all(), kind
        assert all((found[stronger] > found[kind]).all() for stronger in ("pgd", "momentum", "apgd", "a3"))


@pytest.mark.parametrize("kind", ["square", "search", "noise"])
def test_black_box_attacks_ask_for_no_gradient(kind):
    asked = []

    def score(images):
        asked.append(images.requires_grad or torch.is_grad_enabled())
        return wavy(images.detach())

    tried(kind, score, steps=5)
    assert asked == [False] * 6


@pytest.mark.parametrize("kind", ["square", "search"])
def test_queries_hold_corners_of_the_ball(kind):
    ball, seen = LinfBall.around(IMAGES, EPS), []

    def score(images):
        seen.append(images)
        return wavy(images)

    tried(kind, score, steps=10)
    every = torch.stack(seen)
    assert ((every == ball.lower) | (every == ball.upper)).all()


def test_search_keeps_what_helps_and_changes_the_drawn_pixels_alone():
    seen = []

    def score(images):
        seen.append((images, wavy(images)))
        return seen[-1][1]

    tried("search", score, steps=30)
    random = ImageRandom.of(0, torch.arange(8), "attack start", 0)
    best, values = seen[0]
    for query, (images, found) in enumerate(seen[1:]):
        share = max(area_share(query, 30), 1 / 64)  # one pixel of 8x8, at least
        drawn = random.child("query", query).child("pixels").uniform(1, 8, 8) < share
        assert torch.equal(images.where(~drawn, torch.zeros(())), best.where(~drawn, torch.zeros(())))
        best = torch.where((found > values)[:, None, None, None], images, best)
        values = torch.maximum(values, found)
    assert (values > seen[0][1]).all()


def test_noise_is_drawn_anew_each_step():
    seen = []

    def score(images):
        seen.append(images)
        return wavy(images)

    tried("noise", score, steps=20)
    changes = (torch.stack(seen) - IMAGES)[:, :, :, 1:-1, 1:-1].flatten(
        1
    )  # corners of the images meet the box
    correlations = torch.corrcoef(changes) - torch.eye(21)
    assert correlations.abs().max() < 5 / changes.shape[1] ** 0.5


def test_momentum_follows_the_decaying_sum_of_normalised_gradients():
    images = torch.full((1, 1, 1, 3), 0.5)
    move = momentum_steps(LinfBall.around(images, 0.4), 0.1)
    first, second = torch.tensor([[[[4.0, -1.0, 0.0]]]]), torch.tensor([[[[-10.0, -1.0, 1.0]]]])
    at = move(images, None, first)
    torch.testing.assert_close(at, images + 0.1 * torch.tensor([1.0, -1.0, 0.0]))
    # 4/5 - 10/12 < 0; -1/5 - 1/12 < 0; 0 + 1/12 > 0
    torch.testing.assert_close(move(at, None, second), at + 0.1 * torch.tensor([-1.0, -1.0, 1.0]))


def test_apgd_checks_at_the_published_checkpoints():
    images = torch.full((1, 1, 1, 1), 0.5)
    move = AdaptiveSteps(LinfBall.around(images, EPS), EPS, steps=100)
    checks, value = [], 0.0
    for step in range(100):
        before = move.moved_since_check
        move(images, torch.tensor([value]), torch.ones_like(images))
        checks += [step] if step and move.moved_since_check <= before else []
        value += 1
    assert checks == [22, 41, 57, 70, 80, 87, 93, 99]  # ceil(p_j N), p = 0, 0.22, 0.41, 0.57, 0.70 ...
    assert move.sizes.item() == pytest.approx(2 * EPS)  # each step raised the value


def test_apgd_halves_the_step_and_returns_to_the_best_where_it_does_not_rise():
    images = torch.full((2, 1, 1, 1), 0.5)
    move = AdaptiveSteps(LinfBall.around(images, EPS), EPS, steps=50)
    gradient = torch.ones_like(images)
    for step in range(12):  # the first check comes after 11 steps
        move(images + 0.001 * step, torch.tensor([1.0 * step, -1.0 * step]), gradient)
    assert move.sizes.flatten().tolist() == pytest.approx([2 * EPS, EPS])
    # from its best, the start, with half the step and the inertia of having come back
    previous, best = 0.5 + 0.001 * 10, 0.5
    expected = best + 0.75 * EPS + 0.25 * (best - previous)
    moved = move.previous[1].item(), move.ball.project(torch.full((2, 1, 1, 1), expected))[1].item()
    assert moved == pytest.approx((best, expected))


@pytest.mark.parametrize(("side", "height", "width"), [(1, 4, 6), (4, 4, 6), (3, 9, 3)])
def test_windows_are_squares_inside_the_image_at_all_places(side, height, width):
    found = window(ImageRandom.of(0, torch.arange(400), "w"), height, width, side)
    assert (found.sum(dim=(1, 2)) == side * side).all()
    assert (found.any(dim=2).sum(dim=1) == side).all()
    places = {tuple(mask.nonzero()[0].tolist()) for mask in found}
    assert len(places) == (height - side + 1) * (width - side + 1)


def test_windows_shrink_by_the_published_schedule():
    sides = [window_side(query, 10_000, 32, 32) for query in (0, 10, 11, 50, 51, 8000, 8001)]
    areas = [0.8, 0.8, 0.4, 0.4, 0.2, 0.8 / 256, 0.8 / 512]
    assert sides == [max(1, round(32 * area**0.5)) for area in areas]
    assert window_side(50, 100, 32, 32) == window_side(5000, 10_000, 32, 32)
