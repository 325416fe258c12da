"""Gate 11: is one gradient representative of those nearby?"""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from samples import unit_images, wavy

from cobra.attacks.settings import AttackSettings
from cobra.detectors.planted_faults import MASKERS
from cobra.gates.evidence import AttackScores
from cobra.gates.ruggedness import NEAR, POINTS, gradient_is_representative
from cobra.gates.score_soundness import gradient_is_true, keeps_the_budget, scores_repeat
from cobra.randomness import ImageRandom
from tests.unit.gates.test_score_soundness import EPS, PICTURES, detector_of, evidence, linear

SLOPES = torch.where(torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(1)) > 0, 1.0, -1.0)
WAVES = 2000.0
WHOLE = unit_images(20, side=8)  # pixels at 0 and 1, too


def plane(images):
    """A score whose every pixel has a slope of 1 or -1."""
    return (SLOPES * images).sum(dim=(1, 2, 3))


def rippled(height, below=plane):
    """`below`, every pixel's slope changed by up to `height`, to and fro within hundredths."""
    return lambda images: below(images) + height / WAVES * (WAVES * images).sin().sum(dim=(1, 2, 3))


def found(score, images=WHOLE, **attack):
    return gradient_is_representative(evidence(score, images, **attack))


@pytest.mark.parametrize(
    "score",
    [plane, linear, wavy, lambda images: linear(images).exp()],
    ids=["plane", "linear", "wavy", "steep"],
)
def test_a_smooth_score_passes(score):
    judged = found(score)
    assert judged.verdict == "pass"
    assert judged.figure > 0.9


@pytest.mark.parametrize("seed", [0, 1])
def test_a_sound_detector_passes(identity, seed):
    judged = found(detector_of(identity, seed).score, PICTURES)
    assert judged.verdict == "pass", judged.said


@pytest.mark.parametrize(("height", "verdict"), [(0.5, "pass"), (1.5, "pass"), (2.5, "fail"), (9, "fail")])
@pytest.mark.parametrize("dark", [False, True])
def test_the_share_follows_from_the_height_of_a_ripple(height, verdict, dark):
    # A slope of 1 + height * cos(phase) is negative in acos(1 / height) / pi of all phases, so that a sign
    # is right by 1 less twice that on average; its mean absolute value is the integral over all phases.
    right, steepness = 1.0, 1.0
    if height > 1:
        right = 1 - 2 * math.acos(1 / height) / math.pi
        steepness = right + 2 * math.sqrt(height**2 - 1) / math.pi
    judged = found(rippled(height), 0 * WHOLE if dark else WHOLE)  # dark: every pixel at the end of [0, 1]
    assert judged.figure == pytest.approx(right / steepness, abs=0.04)
    assert judged.verdict == verdict
    percent = round(100 * judged.figure)
    assert judged.said == f"a step along one gradient takes {percent} % of the slope nearby"


def test_the_figure_is_that_of_a_loop_over_images_points_and_pixels():
    images = (WHOLE * 255).round() / 255
    random = ImageRandom.of(0, torch.arange(len(images)), "gate 11")
    score = rippled(2, below=wavy)

    def moved(image, noise):
        pixels = [x + y for x, y in zip(image.flatten().tolist(), noise.flatten().tolist(), strict=True)]
        return torch.tensor([-x if x < 0 else 2 - x if x > 1 else x for x in pixels]).reshape(image.shape)

    def gradient(image):
        return torch.autograd.functional.jacobian(lambda one: score(one[None])[0], image).flatten().tolist()

    figures = []
    for number, image in enumerate(images):
        point = moved(image, random.uniform(3, 8, 8, low=-EPS, high=EPS)[number])
        step, shares = [math.copysign(1, each) for each in gradient(point)], []
        for each in range(POINTS):
            noise = random.child(each).uniform(3, 8, 8, low=-NEAR * EPS, high=NEAR * EPS)[number]
            slopes = gradient(moved(point, noise))
            taken = sum(way * slope for way, slope in zip(step, slopes, strict=True))
            shares.append(taken / sum(map(abs, slopes)))
        figures.append(np.mean(shares))
    assert found(score).figure == pytest.approx(sorted(figures)[9], abs=2e-3)  # the lower median, as torch's


def test_the_scale_of_the_score_does_not_matter():
    plain = found(rippled(3)).figure
    assert found(lambda images: 1e-3 * rippled(3)(images) + 7).figure == pytest.approx(plain, abs=0.01)
    assert found(lambda images: (rippled(3)(images) / 9).exp()).figure == pytest.approx(plain, abs=0.01)


def test_the_gradient_of_a_rippled_score_is_true():
    assert gradient_is_true(evidence(rippled(3))).verdict == "pass"


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_images_whose_gradient_is_not_finite_are_left_out(value):
    def score(images):
        lost = (images - images.detach()).sum(dim=(1, 2, 3))
        lost = lost * torch.where(torch.arange(len(images)) < 5, value, 0.0)
        return linear(images) + lost if images.requires_grad else linear(images)

    assert found(score).figure == pytest.approx(1)


@pytest.mark.parametrize("slope", [0, torch.nan])
def test_it_does_not_apply_where_every_gradient_is_dead(slope):
    judged = found(lambda images: (images * slope).sum(dim=(1, 2, 3)))  # gate 4 fails such a score
    assert (judged.verdict, judged.said) == ("not applicable", "every gradient is zero or not finite")


def test_points_lie_within_a_quarter_of_the_smallest_budget_which_in_l2_is_spread_over_all_pixels():
    seen = []

    def score(images):
        seen.append(images.detach())
        return linear(images)

    def far(**attack):
        seen.clear()
        found(score, **attack)
        steps = [float((images - seen[0]).abs().max()) for images in seen[1:]]
        assert len(steps) == POINTS
        assert all(images.min() >= 0 and images.max() <= 1 for images in seen)
        return max(steps)

    assert far() == pytest.approx(EPS / 4, rel=0.01)
    assert far(norm="l2", eps=1.0) == pytest.approx(1 / math.sqrt(3 * 8 * 8) / 4, rel=0.01)
    zeros = np.zeros(len(WHOLE), dtype=np.float32)
    wide = AttackScores(AttackSettings(kind="square", eps=0.9, steps=10, restarts=1), zeros, {})
    both = evidence(wavy, WHOLE)
    judged = gradient_is_representative(replace(both, parts={"wide": wide, **both.parts}))
    assert judged.figure == gradient_is_representative(both).figure


def test_it_does_not_apply_without_an_attack_or_a_gradient():
    judged = gradient_is_representative(replace(evidence(linear), parts={}))
    assert (judged.verdict, judged.said) == ("not applicable", "the figure rests on no attack")
    judged = found(lambda images: linear(images.detach()))
    assert (judged.verdict, judged.said) == ("not applicable", "the score has no gradient")


def test_of_the_gates_that_probe_the_score_it_alone_finds_the_rugged_fault(identity):
    planted = evidence(MASKERS["rugged"](detector_of(identity)), PICTURES)
    assert gradient_is_representative(planted).verdict == "fail"
    for gate in (gradient_is_true, scores_repeat, keeps_the_budget):
        assert gate(planted).verdict == "pass"
