"""The A3-style attack: its steps, its ways to begin, and when it leaves an image alone."""

import math

import pytest
import torch
from samples import linear_score, restart_of, unit_images, wavy

from cobra.attacks.attack import attack, empty_trace
from cobra.attacks.settings import AttackSettings
from cobra.attacks.strategies import a3
from cobra.attacks.strategies.a3 import begin, cosine_steps, exhausted, ways
from cobra.training.ascent import LinfBall

IMAGES = unit_images(6, side=6)
IDS = torch.tensor([11, 5, 7, 2, 3, 29])
IS_ANOMALY = torch.tensor([False, True, False, True, True, False])
DIRECTION = torch.where(IS_ANOMALY, -1.0, 1.0)
SETTINGS = AttackSettings(kind="a3", eps=0.1, steps=4, restarts=9)
WIDE = SETTINGS.model_copy(update={"eps": 0.6})  # where images differ in what is best, and when they are done
linear, WEIGHTS = linear_score((3, 6, 6))


def restarted(restart, score=wavy, **fields):
    return restart_of(score, IMAGES, SETTINGS, number=restart, **{"direction": DIRECTION} | fields)


def attacked(score=wavy, settings=SETTINGS, rows=slice(None), **keywords):
    return attack(score, IMAGES[rows], IS_ANOMALY[rows], settings, image_ids=IDS[rows], seed=0, **keywords)


@pytest.mark.parametrize(("norm", "eps"), [("linf", 0.1), ("l2", 0.4)])
def test_steps_fall_from_eps_along_half_a_cosine(norm, eps):
    settings = AttackSettings(kind="a3", norm=norm, eps=eps, steps=8)
    images = torch.full((1, 1, 2, 2), 0.5)
    ball = restart_of(wavy, images, settings).ball
    gradient = torch.tensor([3.0, -1.0, -2.0, 5.0]).reshape(1, 1, 2, 2)
    move = cosine_steps(ball, eps, steps=8)
    for step in range(8):
        # from the image itself, so that no step leaves the ball
        moved = move(images, torch.zeros(1), gradient) - images
        size = eps / 2 * (1 + math.cos(math.pi * step / 8))
        torch.testing.assert_close(moved, size * ball.steepest(gradient), rtol=0, atol=1e-7)


def starts(number):
    """Where a restart of the linear score begins, in each of the ways."""
    uniform = restarted(number).ball.random_start(restarted(number).random)
    against = uniform - 0.1 * DIRECTION[:, None, None, None] * WEIGHTS.sign()
    return uniform, IMAGES + 0.1 * (uniform - IMAGES), LinfBall.around(IMAGES, 0.1).project(against)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_first_three_restarts_begin_in_the_three_ways(number):
    assert torch.equal(begin(restarted(number, linear)), starts(number)[number])


def test_later_restarts_begin_per_image_in_the_way_that_went_best():
    earlier = torch.tensor(
        [
            [3.0, 1.0, 2.0, 9.0],  # what came after the first three does not count
            [1.0, 3.0, 2.0, 3.0],
            [1.0, 2.0, 3.0, 3.0],
            [-3.0, -2.0, -1.0, 0.0],
            [-1.0, -2.0, -3.0, 0.0],
            [0.0, 5.0, 4.0, 5.0],
        ]
    )
    chosen = restarted(4, linear, earlier=earlier)
    assert ways(chosen).tolist() == [0, 1, 2, 2, 0, 1]
    expected = torch.stack([starts(4)[way][image] for image, way in enumerate([0, 1, 2, 2, 0, 1])])
    assert torch.equal(begin(chosen), expected)


# six restarts; the last two of them gained, of all that was gained, nothing, 1/2000, 1/500 and everything
EARLIER = torch.tensor(
    [
        [0.0, 1.0, 1.0, 1.0, 1.0, 1.0],
        [0.0, 1.9990, 1.0, 1.0, 2.0, 1.0],
        [0.0, 1.9960, 1.0, 1.0, 1.0, 2.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, 1e-3],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [5.0, 1.0, 1.0, 1.0, 4.0, 1.0],
    ]
)
LEFT_ALONE = torch.tensor([True, True, False, False, True, True])


def test_images_that_two_restarts_hardly_worsened_are_left_alone():
    calls = []

    def counted(images):
        calls.append(len(images))
        return wavy(images)

    chosen = restarted(6, counted, earlier=EARLIER)
    assert torch.equal(exhausted(chosen), LEFT_ALONE)
    scores = a3.run(chosen)
    assert torch.equal(scores[LEFT_ALONE], chosen.clean[LEFT_ALONE, None].expand(-1, 5))
    # neither of the others begins against its aim, which would cost a gradient; they climb as if alone
    assert calls == [2] * (4 + 1)
    alone = a3.run(chosen.select(torch.nonzero(~LEFT_ALONE)[:, 0]))
    assert torch.equal(scores[~LEFT_ALONE], alone)


def test_gain_is_measured_against_the_clean_score():
    chosen = restarted(6, earlier=EARLIER + 100, clean=torch.full((6,), 100.0))
    # measured against 0 the last two restarts would have gained next to nothing
    assert exhausted(chosen)[[2, 3]].tolist() == [False, False]


@pytest.mark.parametrize("restart", [1, 2, 3, 4])
def test_no_image_is_left_alone_before_each_way_and_two_more_were_tried(restart):
    assert not exhausted(restarted(restart, earlier=torch.ones(6, restart))).any()
    assert exhausted(restarted(5, earlier=torch.ones(6, 5))).all()


def test_an_attack_that_is_done_asks_nothing_more_and_keeps_its_result():
    calls = []

    def counted(images):
        calls.append(len(images))
        return linear(images)

    result = attacked(counted)  # each restart reaches the best corner
    gradient_against = 6
    assert sum(calls) == 6 + 5 * 6 * (4 + 1) + gradient_against
    assert torch.equal(
        result.attacked, attacked(linear, SETTINGS.model_copy(update={"restarts": 5})).attacked
    )
    assert torch.equal(result.trace[:, 5:], result.clean[:, None, None].expand(-1, 4, result.trace.shape[2]))


@pytest.mark.parametrize("done", range(1, 9))
def test_a_resumed_attack_equals_an_uninterrupted_one(done):
    whole = attacked(settings=WIDE)
    trace = empty_trace(6, WIDE)
    trace[:, :done] = whole.trace[:, :done]
    assert torch.equal(attacked(settings=WIDE, trace=trace).trace, whole.trace)


def test_images_do_not_depend_on_what_is_attacked_beside_them():
    calls = []

    def counted(images):
        calls.append(len(images))
        return wavy(images)

    whole = attacked(counted, WIDE)
    assert len(set(calls)) > 3  # ever more are left alone
    alone = [attacked(settings=WIDE, rows=[row]).trace for row in range(6)]
    torch.testing.assert_close(torch.cat(alone), whole.trace, rtol=0, atol=1e-6)
