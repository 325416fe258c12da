import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from samples import unit_images

from cobra.randomness import ImageRandom
from cobra.training.ascent import LinfBall, ascend, steepest_steps

BUDGETS = [0.0, 2 / 255, 4 / 255, 0.1, 0.15, 0.3, 1.0]
pixels = st.floats(0, 1, width=32, allow_subnormal=False)


def assert_within(images, others, eps):
    distance = (others.double() - images.double()).abs().max()
    assert distance <= eps, f"{distance.item() - eps:.3g} beyond eps"
    assert others.min() >= 0
    assert others.max() <= 1


@pytest.mark.parametrize("eps", BUDGETS)
def test_ball_around_every_8_bit_value_keeps_the_budget_exactly(eps):
    images = torch.arange(256, dtype=torch.float32) / 255
    ball = LinfBall.around(images, eps)
    assert_within(images, ball.lower, eps)
    assert_within(images, ball.upper, eps)


@given(pixel=st.lists(pixels, min_size=1, max_size=20), eps=st.sampled_from(BUDGETS))
@example(pixel=[0.10000001, 0.1, 0.12], eps=0.1)  # nearly 0 is left: float32 is finer there than eps itself
@example(pixel=[0.15, 0.2, 0.3], eps=0.15)
def test_ball_around_any_value_keeps_the_budget_exactly(pixel, eps):
    images = torch.tensor(pixel)
    ball = LinfBall.around(images, eps)
    assert_within(images, ball.lower, eps)
    assert_within(images, ball.upper, eps)


@pytest.mark.parametrize("eps", BUDGETS)
def test_ball_gives_the_whole_budget_away_up_to_rounding(eps):
    images = unit_images(4)
    ball = LinfBall.around(images, eps)
    torch.testing.assert_close(ball.upper, (images + eps).clamp(max=1), rtol=0, atol=2e-7)
    torch.testing.assert_close(ball.lower, (images - eps).clamp(min=0), rtol=0, atol=2e-7)


@given(seed=st.integers(0, 2**32), eps=st.sampled_from(BUDGETS))
def test_random_start_and_ascent_stay_in_the_ball(seed, eps):
    images = unit_images(3, side=4, seed=seed)
    ball = LinfBall.around(images, eps)
    start = ball.random_start(ImageRandom.of(seed, torch.arange(3), "start"))
    assert_within(images, start, eps)
    last = ascend(lambda x: torch.sin(50 * x).sum(dim=(1, 2, 3)), start, steepest_steps(ball, eps), steps=3)
    assert_within(images, last, eps)


def test_random_start_fills_the_ball_and_differs_per_image():
    images = torch.full((2, 3, 32, 32), 0.5)
    start = LinfBall.around(images, 0.1).random_start(ImageRandom.of(0, torch.arange(2), "start"))
    noise = (start - images) / 0.1
    assert noise.min() < -0.99
    assert noise.max() > 0.99
    assert abs(noise.mean()) < 0.05
    assert (noise[0] == noise[1]).float().mean() < 0.01


def test_ascent_on_a_linear_objective_reaches_the_best_corner():
    images = unit_images(2, side=4)
    weights = torch.where(unit_images(2, side=4, seed=1) > 0.5, 1.0, -2.0)
    ball = LinfBall.around(images, 0.1)
    last = ascend(lambda x: (weights * x).sum(dim=(1, 2, 3)), images, steepest_steps(ball, 0.05), steps=3)
    assert torch.equal(last, torch.where(weights > 0, ball.upper, ball.lower))
    assert not last.requires_grad


def test_projection_takes_the_nearest_point_of_the_ball():
    images, others = unit_images(4), 3 * unit_images(4, seed=1) - 1
    ball = LinfBall.around(images, 0.2)
    projected = ball.project(others)
    assert torch.equal(projected, others.clamp(ball.lower, ball.upper))
    assert torch.equal(ball.project(projected), projected)


def test_objective_is_asked_at_every_iterate_but_the_last():
    images, calls = torch.full((1, 1, 1, 1), 0.5), []

    def objective(x):
        calls.append((x.item(), x.requires_grad))
        return 2 * x.sum(dim=(1, 2, 3))

    last = ascend(objective, images, steepest_steps(LinfBall.around(images, 0.25), 0.125), steps=2)
    assert calls == [(0.5, True), (0.625, True)]
    assert last.item() == 0.75
    assert images.item() == 0.5  # the caller's images are not written to


def test_a_move_is_given_the_iterate_its_value_and_its_gradient():
    images, given = torch.full((1, 1, 1, 1), 0.5), []

    def move(x, values, gradient):
        given.append((x.item(), values.item(), gradient.item()))
        assert not x.requires_grad
        assert not values.requires_grad
        return x / 2

    ascend(lambda x: (x**2).sum(dim=(1, 2, 3)), images, move, steps=2)
    assert given == [(0.5, 0.25, 1.0), (0.25, 0.0625, 0.5)]


def test_steps_have_the_length_of_the_balls_steepest_direction():
    images = torch.full((1, 1, 1, 3), 0.5)
    move = steepest_steps(LinfBall.around(images, 0.5), 0.125)
    moved = move(images, torch.zeros(1), torch.tensor([[[[1e-30, -7.0, 0.0]]]]))
    assert moved.flatten().tolist() == [0.625, 0.375, 0.5]
