"""CSI: its loss over shifted instances, the weights of its score, and the score, against plain formulas."""

import math

import pytest
import torch
from samples import unit_images

from cobra.detectors.baselines.csi import (
    CourseSettings,
    Fitted,
    Settings,
    ViewSettings,
    balance,
    objective,
    seen,
    shifted,
    shifted_view,
)
from cobra.detectors.settings import kind_settings
from cobra.errors import UserError
from cobra.randomness import ImageRandom
from cobra.training.networks.network import build_network

MODEL = {"backbone": "resnet10", "width": 2, "projection_dim": 8}
SETTINGS = Settings(kind="csi", model=MODEL)
STILL = ViewSettings(crop_min_area=1, flip=0, jitter=0, grey=0)


def streams(count):
    return ImageRandom.of(0, torch.arange(count), "test")


@pytest.fixture(scope="module")
def network():
    made = build_network(SETTINGS.model, 0, 4)
    with torch.no_grad():  # statistics as after training
        for _ in range(10):
            made.train().features(2 * unit_images(16) - 1)
    return made.eval().requires_grad_(False)


def test_an_image_is_shifted_by_its_four_turns():
    images = unit_images(3)
    found = shifted(images)
    for turns in range(4):
        for row, image in enumerate(images):
            assert torch.equal(found[turns * 3 + row], 2 * torch.rot90(image, turns, (1, 2)) - 1)


def test_a_view_without_augmentation_is_the_turned_image():
    images = unit_images(3)
    torch.testing.assert_close(shifted_view(images, streams(3), STILL), shifted(images), rtol=0, atol=1e-5)


def test_each_turn_of_an_image_has_its_own_augmentation():
    views = shifted_view(unit_images(3), streams(3), ViewSettings()).unflatten(0, (4, 3))
    back = torch.stack([torch.rot90(view, -turns, (2, 3)) for turns, view in enumerate(views)])
    assert all(not torch.equal(back[0], back[turns]) for turns in (1, 2, 3))


def test_the_objective_is_that_of_a_loop_over_instances(network):
    """Of the 8 x N rows one is the positive of each, the other view of the same image in the same turn; all
    others, the same image in other turns among them, are negatives.
    """
    images, random = unit_images(3), streams(3)
    rows = [
        (view, turns, network.features(image[None]))
        for view in range(2)
        for turns, group in enumerate(
            shifted_view(images, random.child("view", view), SETTINGS.views).chunk(4)
        )
        for image in group
    ]
    embedded = [network.project(features)[0] for _, _, features in rows]
    losses = []
    for i, (view, turns, features) in enumerate(rows):
        similarity = [math.exp(float(embedded[i] @ other) / 0.5) for other in embedded]
        positive = similarity[(i + 12) % 24]
        contrast = -math.log(positive / (sum(similarity) - similarity[i]))
        logits = network.logits(features)[0].tolist()
        losses.append(contrast + math.log(sum(map(math.exp, logits))) - logits[turns])
        assert view == i // 12
    found = objective(network, images, random, SETTINGS)
    assert float(found) == pytest.approx(sum(losses) / 24, rel=1e-5)


def test_weights_are_one_over_the_means_over_the_training_images():
    projections, logits = unit_images(4)[:, :, 0, :5], torch.arange(1.0, 13).view(4, 3)
    similarity, turn = balance(projections, logits).tolist()
    for turns in range(4):
        norms = [math.sqrt(sum(float(value) ** 2 for value in row)) for row in projections[turns]]
        assert similarity[turns] == pytest.approx(3 / sum(norms))
        assert turn[turns] == pytest.approx(1 / (3 * turns + 2))


def test_a_classifier_of_turns_that_learnt_nothing_is_told():
    with pytest.raises(UserError, match=r"mean logits \[1\.0, 1\.0, -0\.5, 1\.0\] of the right turn"):
        balance(torch.ones(4, 2, 3), torch.tensor([[1.0, 1], [1, 1], [0, -1], [1, 1]]))


def test_the_score_is_that_of_a_loop_over_turns_and_training_images(network):
    training, images = unit_images(5, seed=1), unit_images(3)
    projections, logits = seen(network, shifted(training))
    weights = balance(projections, logits.abs())
    bank = torch.nn.functional.normalize(projections, dim=2)
    found = Fitted(SETTINGS, network.state_dict(), bank, weights).score(images)
    for row, image in enumerate(images):
        expected = 0.0
        for turns in range(4):
            features = network.features(2 * torch.rot90(image, turns, (1, 2))[None] - 1)
            z = network.projection(features)[0]
            cosines = [float(torch.cosine_similarity(z, other, dim=0)) for other in projections[turns]]
            expected += float(weights[0, turns]) * max(cosines) * float(z.norm()) / 4
            expected += float(weights[1, turns]) * float(network.logits(features)[0, turns]) / 4
        assert float(found[row]) == pytest.approx(-expected, rel=1e-4)


def test_training_images_score_minus_two_on_average(network):
    """Each share of the score is weighted to a mean of 1."""
    images = unit_images(8)
    projections, logits = seen(network, shifted(images))
    bank = torch.nn.functional.normalize(projections, dim=2)
    weights = torch.stack([balance(projections, torch.ones(4, 8))[0], 1 / logits.mean(dim=1)])
    assert float(Fitted(SETTINGS, network.state_dict(), bank, weights).score(images).mean()) == pytest.approx(
        -2, rel=1e-4
    )


def test_rates_warm_up_to_the_peak_and_fall_to_zero():
    course = CourseSettings()
    rates = [course.rate(step, 5) for step in range(5000)]
    assert rates[:50] == pytest.approx([step / 50 for step in range(1, 51)])
    assert rates[525 + 2000] == pytest.approx(0.5, abs=2e-3)
    assert rates[-1] < 1e-5


def test_a_warm_up_beyond_the_last_epoch_is_told():
    with pytest.raises(UserError, match=r"here: training: warmup_epochs=10 exceeds epochs=5"):
        kind_settings({"kind": "csi", "training": {"epochs": 5}}, "here")


def test_a_network_of_timms_is_refused():
    with pytest.raises(
        UserError, match=r"here: model\.backbone is timm/convnext_atto, but csi takes resnet10, "
    ):
        kind_settings({"kind": "csi", "model": {"backbone": "timm/convnext_atto"}}, "here")


def test_plain_momentum_adapts_no_tensor(network):
    assert CourseSettings().optimiser(network).trust_coefficient == 0.001
    assert CourseSettings(optimizer="sgd").optimiser(network).trust_coefficient is None
