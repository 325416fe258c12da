"""Attacks that follow gradients in bf16: the scores that count are the score's own."""

import pytest
import torch
from samples import byte_images, linear_score, settled_network, unit_images, wavy

from cobra.attacks.attack import attack
from cobra.attacks.mixed_precision import climb_along_draft, last_steps
from cobra.attacks.restart import recorded_steps
from cobra.attacks.settings import AttackSettings
from cobra.detectors.detector import Detector
from cobra.detectors.settings import ScoreSettings
from cobra.errors import UserError
from cobra.machine.device import autocast

IS_ANOMALY = torch.tensor([False, True, False, True, True, False])
IDS = torch.tensor([11, 5, 7, 2, 3, 29])
KINDS = pytest.mark.parametrize("kind", ["pgd", "momentum"])


def attacked(score, precision, kind="pgd", side=6, steps=12):
    settings = AttackSettings(kind=kind, eps=0.1, steps=steps, restarts=2, precision=precision)
    return attack(score, unit_images(6, side=side), IS_ANOMALY, settings, image_ids=IDS, seed=0)


@KINDS
def test_of_a_score_that_bf16_does_not_change_the_same_is_found(kind):
    for score in (wavy, linear_score((3, 6, 6))[0]):  # no convolution, no matrix product
        plain, drafted = (attacked(score, precision, kind) for precision in ("fp32", "bf16"))
        assert torch.equal(drafted.trace, plain.trace)
        assert torch.equal(drafted.attacked, plain.attacked)


@pytest.fixture
def detector(identity):
    return Detector.build(settled_network(), byte_images(16), identity)


@pytest.mark.parametrize("kind", ["similarity", "classifier", "combined"])
@pytest.mark.parametrize("space", ["projection", "backbone"])
def test_scores_that_count_are_in_fp32_and_of_images_that_were_looked_at(detector, kind, space):
    detector.kind = ScoreSettings(kind=kind, space=space)
    looked = []

    def score(images):
        values = detector.score(images)
        if not torch.is_autocast_enabled("cpu"):
            looked.append(values.detach())
        return values

    found = attacked(score, "bf16", side=16)
    assert torch.isfinite(found.trace).all()
    seen = torch.stack(looked)
    for row, worst in enumerate(found.attacked):
        assert worst in seen[:, row]
    direction = torch.where(IS_ANOMALY, -1.0, 1.0)
    assert (direction * found.attacked >= direction * found.clean).all()
    # clean, and in each restart recorded steps of the draft, its end, and all iterates from there
    assert last_steps(12) == 5
    assert [step for step in recorded_steps(12) if step < 7] == [1, 2, 5, 6]
    assert len(looked) == 1 + 2 * (4 + 1 + 6)


def test_the_last_steps_follow_the_score_itself():
    """A draft that errs about which iterate is best does not decide in the end."""
    assert [last_steps(steps) for steps in (1, 5, 12, 250, 1000)] == [1, 5, 5, 5, 20]
    score, _ = linear_score((3, 6, 6))

    def misled(images):
        bad = torch.is_autocast_enabled("cpu")
        return score(images) * (0.5 if bad else 1.0)

    drafted = attacked(misled, "bf16")
    plain = attacked(score, "fp32")
    assert torch.equal(drafted.trace[:, :, -1], plain.trace[:, :, -1])
    few = attacked(misled, "bf16", steps=5)
    assert torch.equal(few.trace, attacked(score, "fp32", steps=5).trace)


def test_only_the_convolutions_of_a_detector_are_in_bf16(detector):
    images = unit_images(4, side=16)
    with autocast(images.device, "bf16"):
        drafted = detector.score(images)
    assert drafted.dtype == torch.float32
    assert not torch.equal(drafted, detector.score(images))
    torch.testing.assert_close(drafted, detector.score(images), atol=0.02, rtol=0)


def test_the_copy_in_bf16_gives_what_autocast_makes_of_the_network(detector):
    images = unit_images(8, side=16)
    with autocast(images.device, "bf16"):
        assert torch.equal(detector.half.features(images), detector.scorer.features(images))
    assert detector.scorer.backbone.conv1.weight.dtype == torch.float32


def climbed(draft, steps=4):
    """What a climb from random images that `draft` moves by 0.1 a step returns, the scores taken counted."""
    start = torch.rand(2, 3, 4, 4)
    looked = []

    def score(batch):
        looked.append(batch)
        return torch.full((len(batch),), float(len(looked)))

    def move(images, _, gradient):
        return images + 0.1

    _, found = climb_along_draft(draft, score, start, move, steps=steps, recorded=[1, 3])
    return start, looked, found


def test_a_draft_that_is_not_finite_is_an_error_though_the_score_is():
    def draft(turns_bad_at):
        values = iter(range(9))

        def values_of(batch):
            bad = next(values) == turns_bad_at
            return batch.sum(dim=(1, 2, 3)) * (torch.nan if bad else 1.0)

        return values_of

    _, _, found = climbed(draft(turns_bad_at=4))
    assert found.tolist() == [[-torch.inf, 1, -torch.inf, 2, 3]] * 2
    for step in range(4):
        with pytest.raises(UserError, match="not finite"):
            climbed(draft(turns_bad_at=step))


def test_the_score_is_taken_of_the_best_of_each_image_so_far():
    values = iter([[1.0, 2.0], [2.0, 1.0], [0.0, 3.0], [4.0, 0.0]])

    def draft(batch):
        return torch.tensor(next(values)) + 0 * batch.sum(dim=(1, 2, 3))

    start, looked, _ = climbed(draft)
    for batch, steps in zip(looked, ([1, 0], [3, 2], [3, 2]), strict=True):
        moved = 0.1 * torch.tensor(steps)[:, None, None, None]
        torch.testing.assert_close(batch, start + moved)
