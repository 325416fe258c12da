"""The l2 ball, and the attacks in it."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from samples import linear_score, unit_images, wavy
from scipy.stats import kstest

from cobra.attacks.attack import attack
from cobra.attacks.restart import L2Ball, length
from cobra.attacks.settings import AttackSettings
from cobra.attacks.strategies import having
from cobra.randomness import ImageRandom

KINDS = having("l2")
BUDGETS = [0.0, 0.1, 0.5, 2.0, 100.0]
SLACK = 1 + 1e-5  # float32
GREY = torch.full((4, 3, 8, 8), 0.5)


def others(images, seed, reach=1.0):
    change = ImageRandom.of(seed, torch.arange(len(images)), "others").uniform(*images.shape[1:])
    return images + reach * (2 * change - 1)


@given(seed=st.integers(0, 2**32), eps=st.sampled_from(BUDGETS), reach=st.sampled_from([0.01, 1, 100]))
def test_projection_ends_in_the_ball_and_in_the_box_and_once_is_enough(seed, eps, reach):
    images = unit_images(3, side=4, seed=seed)
    ball = L2Ball(images, eps)
    projected = ball.project(others(images, seed, reach))
    assert (length(projected - images) <= eps * SLACK).all()
    assert projected.min() >= 0
    assert projected.max() <= 1
    torch.testing.assert_close(ball.project(projected), projected, rtol=0, atol=3e-7)


@given(seed=st.integers(0, 2**32), eps=st.sampled_from(BUDGETS[1:]))
def test_projection_leaves_points_of_the_ball_where_they_are(seed, eps):
    images = unit_images(3, side=4, seed=seed)
    change = others(torch.zeros_like(images), seed)
    inside = (images + 0.99 * eps * change / length(change)).clamp(0, 1)
    torch.testing.assert_close(L2Ball(images, eps).project(inside), inside, rtol=0, atol=2e-7)


def test_projection_shortens_a_change_and_keeps_its_direction():
    change = others(torch.zeros_like(GREY), 0)
    expected = GREY + 0.3 * change / length(change)
    torch.testing.assert_close(L2Ball(GREY, 0.3).project(GREY + change), expected, rtol=0, atol=1e-7)


def test_random_starts_are_uniform_in_the_ball():
    images = torch.full((20_000, 3, 2, 2), 0.5)
    start = L2Ball(images, 0.4).random_start(ImageRandom.of(0, torch.arange(20_000), "start"))
    change = ((start - images) / 0.4).flatten(1).double()
    volume = change.norm(dim=1) ** 12  # of the ball through the point: uniform if the point is
    assert volume.mean() == pytest.approx(0.5, abs=5 * (1 / 12 / 20_000) ** 0.5)
    assert kstest(volume.numpy(), "uniform").pvalue > 0.001
    # every direction alike: E x x^T = 1 / (D + 2) in the unit ball
    covariance = change.T @ change / len(change)
    assert (change.mean(dim=0).abs() < 5 * (1 / 14 / 20_000) ** 0.5).all()
    torch.testing.assert_close(covariance, torch.eye(12).double() / 14, rtol=0, atol=4e-3)


@pytest.mark.parametrize("size", [1e30, 1e10, 1.0, 1e-6, 1e-20, 1e-30])
def test_steepest_step_has_length_1_however_small_the_gradient(size):
    # as in l-inf, where the sign of any gradient is a whole step: a flat score must not stop an attack
    gradient = others(torch.zeros_like(GREY), 1)
    steepest = L2Ball(GREY, 0.1).steepest(size * gradient)
    torch.testing.assert_close(steepest, gradient / length(gradient), rtol=1e-5, atol=1e-6)


def test_no_gradient_moves_nothing():
    assert torch.equal(L2Ball(GREY, 0.1).steepest(torch.zeros_like(GREY)), torch.zeros_like(GREY))


@pytest.mark.parametrize("kind", KINDS)
@given(seed=st.integers(0, 2**32), eps=st.sampled_from(BUDGETS), anomaly=st.booleans())
def test_every_image_that_the_score_sees_is_in_the_ball(kind, seed, eps, anomaly):
    images, seen = unit_images(2, side=4, seed=seed), []

    def score(x):
        seen.append(x.detach())
        return wavy(x)

    settings = AttackSettings(kind=kind, norm="l2", eps=eps, steps=4, restarts=3)
    attack(score, images, torch.full((2,), anomaly), settings, image_ids=torch.arange(2), seed=seed)
    for every in seen:
        assert (length(every - images) <= eps * SLACK).all()
        assert every.min() >= 0
        assert every.max() <= 1


@pytest.mark.parametrize("kind", ["pgd", "momentum", "apgd", "a3"])
def test_gradient_attacks_reach_the_pole_of_a_linear_score(kind):
    score, weights = linear_score((3, 8, 8))
    # ratio 250: steps five times as long as eps, so that little is left of where the start lay
    settings = AttackSettings(kind=kind, norm="l2", eps=0.3, steps=50, restarts=1, step_ratios=[250])
    is_anomaly = torch.tensor([False, True, False, True])
    result = attack(score, GREY, is_anomaly, settings, image_ids=torch.arange(4), seed=0)
    gain = torch.where(is_anomaly, -0.3, 0.3) * weights.norm()
    torch.testing.assert_close(result.attacked, result.clean + gain, rtol=0, atol=1e-5)
    assert (result.attacked - result.clean).abs().max() <= 0.3 * weights.norm() * SLACK
