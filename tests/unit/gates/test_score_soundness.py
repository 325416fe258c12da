"""Gates 4, 6, 7: probes of the score itself, on sound scores and on planted faults."""

import math

import numpy as np
import pytest
import torch
from samples import byte_images, tiny_network, unit_images, wavy

from cobra.attacks.settings import AttackSettings
from cobra.attacks.strategies import STRATEGIES, pgd, traits
from cobra.data.one_class import Images
from cobra.detectors.detector import Detector
from cobra.detectors.planted_faults import MASKERS
from cobra.gates.evidence import AttackScores, Evidence
from cobra.gates.score_soundness import PROBES, gradient_is_true, keeps_the_budget, scores_repeat

EPS = 0.1
INNER = 0.25 + 0.5 * unit_images(20, side=8)  # far from the ends of [0, 1]
WEIGHTS = torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(0))


def linear(images):
    return (images * WEIGHTS).sum(dim=(1, 2, 3))


def evidence(score, images=INNER, **attack):
    """A figure that rests on one attack."""
    count = len(images)
    zeros = np.zeros(count, dtype=np.float32)
    chosen = AttackSettings(**({"kind": "pgd", "eps": EPS, "steps": 10, "restarts": 2} | attack))
    return Evidence(
        score=score,
        images=Images((images * 255).round().byte(), torch.arange(count)),
        is_anomaly=np.arange(count) >= count // 2,
        clean=zeros,
        claim=zeros,
        parts={"attack": AttackScores(chosen, zeros, {"r1_s9": zeros, "r1_s10": zeros})},
    )


def detector_of(identity, seed=0):
    network = tiny_network(seed)
    with torch.no_grad():  # as after training: an untrained network has all images in one spot
        network.train().features(unit_images(16))
        features = network.eval().features(unit_images(64, seed=9))
        network.projection[0].bias -= network.projection[0](features).mean(dim=0)
        network.projection[2].bias -= network.projection(features).mean(dim=0)
    return Detector.build(network, byte_images(30), identity)


@pytest.fixture
def detector(identity):
    return detector_of(identity)


PICTURES = unit_images(40, seed=5)


@pytest.mark.parametrize("score", [linear, wavy, lambda images: linear(images).exp()], ids=["a", "b", "c"])
@pytest.mark.parametrize("gate", [gradient_is_true, scores_repeat, keeps_the_budget])
def test_a_sound_score_passes(score, gate):
    assert gate(evidence(score)).verdict == "pass"


@pytest.mark.parametrize("gate", [gradient_is_true, scores_repeat, keeps_the_budget])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_sound_detector_passes(identity, gate, seed):
    judged = gate(evidence(detector_of(identity, seed).score, PICTURES))
    assert judged.verdict == "pass", judged.said


@pytest.mark.parametrize(
    ("masker", "gate"),
    [("quantised", 4), ("saturated", 4), ("randomised", 6), ("stopped", 4), ("tied", 4)],
)
def test_each_planted_fault_is_found_by_its_gate(detector, masker, gate):
    judge = {4: gradient_is_true, 6: scores_repeat}[gate]
    assert judge(evidence(MASKERS[masker](detector), PICTURES)).verdict == "fail"


@pytest.mark.parametrize("masker", sorted(set(MASKERS) - {"randomised"}))
def test_a_fault_of_the_gradient_repeats(detector, masker):
    assert scores_repeat(evidence(MASKERS[masker](detector), PICTURES)).verdict == "pass"


def test_every_planted_fault_leaves_what_is_scored_nearly_as_it_was(detector):
    # else its figures would be another detector's
    plain = detector.score(PICTURES)
    masked = {name: masker(detector)(PICTURES) for name, masker in MASKERS.items()}
    most_of = {"quantised": 0.5, "randomised": 0.25, "stopped": 1e-3, "tied": 0.011, "rugged": 0.01}
    for name, most in most_of.items():
        assert 0 < (masked[name] - plain).abs().max() < most
    assert (masked["saturated"][plain.argsort()].diff() >= 0).all()


# Gate 4: the gradient.


def dead_for(count):
    """The linear score, without a gradient for the first `count` of the images."""

    def score(images):
        alive = (torch.arange(len(images)) >= count).float()[:, None, None, None]
        return linear(images * alive + images.detach() * (1 - alive))

    return score


def test_gate_4_bears_one_dead_gradient_in_a_hundred_and_no_more():
    images = 0.25 + 0.5 * unit_images(64, side=8)
    assert gradient_is_true(evidence(dead_for(0), images)).verdict == "pass"
    judged = gradient_is_true(evidence(dead_for(1), images))
    assert (judged.verdict, judged.figure) == ("fail", pytest.approx(100 / 64))
    assert judged.said == "2 % of the gradients are zero or not finite"


@pytest.mark.parametrize("slope", [torch.nan, torch.inf])
def test_gate_4_takes_a_gradient_that_is_not_finite_for_dead(slope):
    def score(images):
        return linear(images) + (images - images.detach()).mean(dim=(1, 2, 3)) * slope

    def finite(images):
        return score(images).nan_to_num() if images.requires_grad else linear(images)

    assert gradient_is_true(evidence(finite)).verdict == "fail"


@pytest.mark.parametrize(("excess", "verdict"), [(0.04, "pass"), (0.1, "fail"), (-0.1, "fail"), (-2, "fail")])
def test_gate_4_tells_a_wrong_gradient_by_its_relative_error(excess, verdict):
    # the value is the linear score's, the gradient 1 + excess times its own
    def score(images):
        return linear(images) + excess * linear(images - images.detach())

    judged = gradient_is_true(evidence(score))
    true, found = math.copysign(1, 1 + excess), abs(1 + excess)  # the slope along the gradient's sign
    assert judged.verdict == verdict
    assert judged.figure == pytest.approx(abs(true - found) / max(abs(true), found), abs=2e-3)


def test_gate_4_does_not_apply_to_a_score_without_a_gradient():
    judged = gradient_is_true(evidence(lambda images: linear(images.detach())))
    assert (judged.verdict, judged.said) == ("not applicable", "the score has no gradient")


# Gate 6: repetition.


def test_gate_6_wants_the_same_to_the_bit():
    calls = []

    def score(images):
        calls.append(1)
        return linear(images) + 1e-3 * len(calls)

    judged = scores_repeat(evidence(score))
    assert (judged.verdict, judged.figure) == ("fail", pytest.approx(1e-3, rel=0.01))


@pytest.mark.parametrize(("shift", "verdict"), [(1e-8, "pass"), (1e-3, "fail")])
def test_gate_6_finds_a_score_that_depends_on_the_image_s_place(shift, verdict):
    def score(images):
        return linear(images) * (1 + shift * torch.arange(len(images)))

    assert scores_repeat(evidence(score)).verdict == verdict


# Gate 7: the budget, and the batch.


@pytest.mark.parametrize("kind", STRATEGIES.names())
@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("pictures", [INNER, unit_images(20, side=8)], ids=["inner", "whole"])
def test_gate_7_passes_every_attack_of_ours(kind, norm, pictures):
    if norm == "l2" and "l2" not in traits(kind):
        return
    judged = keeps_the_budget(evidence(wavy, pictures, kind=kind, norm=norm))
    assert judged.verdict == "pass", judged.said


@pytest.mark.parametrize("changes", [{"source": {"methods": ["cl"]}}, {"objective": "topk"}], ids=str)
def test_gate_7_needs_no_other_gradient(changes):
    assert keeps_the_budget(evidence(wavy, kind="apgd", **changes)).verdict == "pass"


def leaving(by):
    """A strategy that shows the score images moved by that many eps in each pixel."""

    def strategy(restart):
        outside = restart.look(restart.images + by * restart.eps)
        return outside[:, None].repeat(1, restart.settings.steps + 1)

    return strategy


@pytest.mark.parametrize("target", ["both", "normal", "anomalies"])
def test_gate_7_finds_a_strategy_that_leaves_the_ball(monkeypatch, target):
    monkeypatch.setattr(pgd, "run", leaving(2))
    judged = keeps_the_budget(evidence(linear, target=target))
    assert (judged.verdict, judged.figure) == ("fail", pytest.approx(EPS, rel=1e-5))
    monkeypatch.setattr(pgd, "run", leaving(0.9))
    assert keeps_the_budget(evidence(linear, target=target)).verdict == "pass"


def test_gate_7_measures_in_the_attack_s_norm(monkeypatch):
    monkeypatch.setattr(pgd, "run", leaving(0.5))
    length = 0.5 * EPS * math.sqrt(3 * 8 * 8)
    judged = keeps_the_budget(evidence(linear, norm="l2"))
    assert (judged.verdict, judged.figure) == ("fail", pytest.approx(length - EPS, abs=1e-4))


@pytest.mark.parametrize("by", [0.5, -0.5])
def test_gate_7_finds_a_strategy_that_leaves_the_pixels_range(monkeypatch, by):
    monkeypatch.setattr(pgd, "run", leaving(by))
    judged = keeps_the_budget(evidence(linear, unit_images(20, side=8)))
    assert (judged.verdict, judged.figure) == ("fail", pytest.approx(EPS / 2, rel=1e-5))


def test_gate_7_finds_a_network_in_training_mode(detector):
    judged = keeps_the_budget(evidence(detector.train().score, PICTURES))
    assert (judged.verdict, judged.said) == ("fail", "a part of the network is in training mode")
    network = tiny_network().train()  # behind a plain function: seen by what batch norm does
    judged = keeps_the_budget(evidence(lambda images: network.features(images).sum(dim=1), PICTURES))
    assert judged.verdict == "fail"
    assert judged.said.startswith("alone, images score otherwise by")


def test_gate_7_finds_a_score_that_depends_on_its_batch():
    judged = keeps_the_budget(evidence(lambda images: linear(images) - linear(images).mean()))
    assert judged.verdict == "fail"
    assert "alone" in judged.said


def test_gate_7_does_not_apply_without_an_attack():
    found = evidence(linear)
    judged = keeps_the_budget(Evidence(**{**vars(found), "parts": {}}))
    assert judged.verdict == "not applicable"


def test_probes_are_few_and_spread_over_the_images():
    seen = []

    def score(images):
        seen.append(images)
        return linear(images)

    images = torch.linspace(0, 1, 500)[:, None, None, None].expand(-1, 3, 8, 8)
    scores_repeat(evidence(score, images))
    assert {len(batch) for batch in seen} == {PROBES}
    assert (seen[0][0].max(), seen[0][-1].min()) == (0, 1)
