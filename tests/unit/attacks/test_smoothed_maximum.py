"""Smooth stand-ins for the nearest neighbour, and attacks that follow another score's gradient."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from samples import precise_detector, restart_of, unit_images, wavy

from cobra.attacks.attack import attack, strategy
from cobra.attacks.inputs import smooth_pool
from cobra.attacks.settings import AttackSettings
from cobra.attacks.strategies import STRATEGIES, traits
from cobra.detectors.detector import nearest
from cobra.detectors.settings import ScoreSettings

SCORES = [ScoreSettings(kind="similarity"), ScoreSettings(space="backbone"), ScoreSettings(kind="combined")]


def logsumexp(similarities, temperature):
    return smooth_pool(AttackSettings(objective="logsumexp", temperature=temperature))(similarities)


def topk(similarities, neighbours):
    return smooth_pool(AttackSettings(objective="topk", neighbours=neighbours))(similarities)


POOLS = {
    "nearest": nearest,
    "logsumexp": lambda similarities: logsumexp(similarities, 0.05),
    "topk": lambda similarities: topk(similarities, 3),
}
IMAGES = unit_images(6, side=6)
IS_ANOMALY = torch.tensor([False, True, False, True, True, False])
GRADIENT_ATTACKS = pytest.mark.parametrize(
    "kind", [kind for kind in STRATEGIES.names() if "gradient" in traits(kind)]
)


def similarities(seed, rows=3, entries=7):
    return 2 * torch.rand(rows, entries, generator=torch.Generator().manual_seed(seed)) - 1


def attacked(score, kind="pgd", guide=None, **changes):
    settings = AttackSettings(**{"kind": kind, "eps": 0.1, "steps": 5, "restarts": 3} | changes)
    return attack(score, IMAGES, IS_ANOMALY, settings, image_ids=torch.arange(6), seed=0, guide=guide)


@given(seed=st.integers(0, 2**32), temperature=st.sampled_from([0.01, 0.05, 0.3, 1.0, 10.0]))
def test_logsumexp_is_its_definition_and_no_less_than_the_maximum(seed, temperature):
    given_ = similarities(seed)
    by_loop = [
        temperature * math.log(sum(math.exp(value / temperature) for value in row))
        for row in given_.double().tolist()
    ]
    found = logsumexp(given_, temperature)
    torch.testing.assert_close(found, torch.tensor(by_loop), rtol=1e-5, atol=1e-6)
    highest = given_.max(dim=1).values
    assert (found >= highest - 1e-6).all()
    assert (found <= highest + temperature * math.log(7) + 1e-5).all()


def test_logsumexp_tends_to_the_maximum():
    given_ = similarities(0)
    gaps = [(logsumexp(given_, 10.0**-power) - nearest(given_)).max().item() for power in range(5)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 1e-6


@pytest.mark.parametrize("temperature", [0.05, 1e3])
def test_logsumexp_pulls_towards_every_neighbour_by_its_share(temperature):
    given_ = similarities(1).requires_grad_()
    (pull,) = torch.autograd.grad(logsumexp(given_, temperature).sum(), given_)
    torch.testing.assert_close(pull, (given_ / temperature).softmax(dim=1).detach())


def test_topk_is_the_mean_of_the_largest():
    given_ = similarities(2)
    for neighbours in range(1, 8):
        by_loop = [sum(sorted(row)[-neighbours:]) / neighbours for row in given_.tolist()]
        torch.testing.assert_close(topk(given_, neighbours), torch.tensor(by_loop))
    assert torch.equal(topk(given_, 1), nearest(given_))
    assert torch.equal(topk(given_, 7), topk(given_, 1000))
    torch.testing.assert_close(topk(given_, 1000), given_.mean(dim=1))


@pytest.mark.parametrize("kind", SCORES, ids=str)
@pytest.mark.parametrize("pool", POOLS)
def test_gradients_are_finite_differences(identity, kind, pool):
    detector = precise_detector(identity)
    detector.kind = kind
    images = unit_images(2, side=8, seed=1).double().requires_grad_()
    (gradient,) = torch.autograd.grad(detector.pooled(images, POOLS[pool]).sum(), images)
    assert gradient.abs().amax(dim=(1, 2, 3)).min() > 1e-4
    for seed in range(4):
        way = unit_images(2, side=8, seed=seed).double() - 0.5
        there, back = (detector.pooled(images + move * way, POOLS[pool]).detach() for move in (1e-6, -1e-6))
        slope = (gradient * way).sum(dim=(1, 2, 3))
        torch.testing.assert_close((there - back) / 2e-6, slope, rtol=1e-5, atol=1e-7)


@GRADIENT_ATTACKS
def test_gradients_are_asked_of_the_guide_and_values_of_the_score(kind):
    looked, followed = [], []

    def score(images):
        assert not images.requires_grad
        assert not torch.is_grad_enabled()
        looked.append(images.clone())
        return wavy(images)

    def guide(images):
        assert images.requires_grad
        followed.append(images.detach().clone())
        return -wavy(images) / 2

    settings = AttackSettings(kind=kind, eps=0.1, steps=5)
    values = strategy(kind)(restart_of(score, IMAGES, settings, guide=guide))
    assert torch.equal(
        torch.stack(looked[:-1]), torch.stack(followed)
    )  # the last iterate's gradient is of no use
    assert torch.equal(values, torch.stack([wavy(images) for images in looked], dim=1))


@GRADIENT_ATTACKS
@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_transfer_from_the_score_itself_is_the_white_box_attack(kind, norm):
    guided, alone = attacked(wavy, kind, guide=wavy, norm=norm), attacked(wavy, kind, norm=norm)
    assert torch.equal(guided.trace, alone.trace)
    assert torch.equal(guided.attacked, alone.attacked)


@GRADIENT_ATTACKS
def test_a_guide_of_another_scale_and_offset_leads_the_same_way(kind):
    guided, alone = attacked(wavy, kind, guide=lambda x: 4 * wavy(x) + 16), attacked(wavy, kind)
    torch.testing.assert_close(guided.attacked, alone.attacked, rtol=0, atol=1e-5)


@GRADIENT_ATTACKS
def test_a_guide_that_leads_astray_does_no_image_any_good(kind):
    direction = torch.where(IS_ANOMALY, -1.0, 1.0)
    result = attacked(wavy, kind, guide=lambda x: -wavy(x))
    assert (direction * (result.attacked - result.clean) >= 0).all()
    assert (direction * (attacked(wavy, kind).attacked - result.attacked) > 0).all()


def test_a_guide_makes_a_score_without_gradient_attackable():
    def hidden(images):
        return wavy(images.detach())

    assert torch.equal(attacked(hidden, guide=wavy).attacked, attacked(wavy).attacked)
