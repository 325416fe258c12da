import math

import numpy as np
import pytest
import torch
from samples import byte_images
from torch import nn

from cobra.data.one_class import Images, as_unit
from cobra.errors import UserError
from cobra.training.crafting.likelihood_filter import (
    ThresholdFilter,
    fit_filter,
    held_out_distances,
    train_classifier,
)
from cobra.training.crafting.settings import CraftingSettings, FilterSettings, HardSettings
from cobra.training.networks.resnet import ResNet

TINY = CraftingSettings(
    filter=FilterSettings(epochs=2, width=2), hard=HardSettings(kinds={"rotation": 1, "cutout": 1})
)


class FirstPixels(nn.Module):
    """Features that can be checked by hand: four pixels of the red channel."""

    def forward(self, images):
        return images[:, 0, 0, :4]


def gaussian_images(count, seed):
    """Images whose first pixels are correlated Gaussians."""
    random = np.random.default_rng(seed)
    mixing = np.array([[12, 0, 0, 0], [8, 9, 0, 0], [-5, 3, 10, 0], [0, 4, 4, 6]])
    pixels = np.zeros((count, 3, 2, 4), dtype=np.uint8)
    pixels[:, 0, 0] = np.clip(np.rint(128 + random.standard_normal((count, 4)) @ mixing.T), 0, 255)
    return Images(torch.from_numpy(pixels), torch.arange(count))


@pytest.fixture(scope="module")
def fitted():
    return ThresholdFilter.fit(FirstPixels(), gaussian_images(4000, seed=0), FilterSettings())


@pytest.mark.parametrize("shrinkage", [1e-3, 0.5])
def test_distance_is_mahalanobis_with_a_shrunk_covariance(shrinkage):
    images = gaussian_images(300, seed=1)
    threshold = ThresholdFilter.fit(FirstPixels(), images, FilterSettings(shrinkage=shrinkage))
    features = as_unit(images.pixels)[:, 0, 0, :4].double().numpy()
    covariance = np.cov(features.T)
    covariance += shrinkage * np.diag(covariance).mean() * np.eye(4)
    offset = features - features.mean(axis=0)
    expected = np.einsum("ni,ij,nj->n", offset, np.linalg.inv(covariance), offset)
    np.testing.assert_allclose(threshold.distance(as_unit(images.pixels)).numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("level", [0.01, 0.05, 0.5, 0.99])
def test_limit_leaves_the_level_of_the_training_images_beyond_it(level):
    images = gaussian_images(1000, seed=2)
    settings = FilterSettings(significance=level, reference="in_sample")
    threshold = ThresholdFilter.fit(FirstPixels(), images, settings)
    beyond = (threshold.distance(as_unit(images.pixels)) > threshold.limit).double().mean()
    assert beyond == pytest.approx(level, abs=1.5 / 1000)


def features(count, seed, dimensions=128):
    """Gaussian features whose variances fall by four orders of magnitude."""
    random = np.random.default_rng(seed)
    return torch.from_numpy(random.standard_normal((count, dimensions)) * np.logspace(0, -2, dimensions))


@pytest.mark.parametrize("shrinkage", [1e-3, 0.5])
def test_held_out_distances_are_those_of_gaussians_fitted_to_the_others(shrinkage):
    rows = features(12, seed=0, dimensions=16)
    covariance = torch.cov(rows.T)
    ridge = shrinkage * covariance.diagonal().mean() * torch.eye(16)
    expected = []
    for left_out in range(12):
        others = rows[torch.arange(12) != left_out]
        offset = rows[left_out] - others.mean(dim=0)
        expected.append(offset @ torch.linalg.solve(torch.cov(others.T) + ridge, offset))
    torch.testing.assert_close(
        held_out_distances(rows, covariance, ridge), torch.stack(expected), rtol=1e-9, atol=0
    )


class Given(nn.Module):
    """Features that are given, of images that hold their numbers in two bytes."""

    def __init__(self, rows):
        super().__init__()
        self.rows = rows

    def forward(self, images):
        high, low = (images[:, 0, 0, place] * 255 for place in (0, 1))
        return self.rows[(256 * high + low).round().long()]


def numbered_images(count):
    numbers = torch.arange(count)
    pixels = torch.stack([numbers // 256, numbers % 256], dim=1).byte()
    return Images(pixels[:, None, None].expand(-1, 3, -1, -1), numbers)


def fresh_share(count, reference, repetitions=20):
    """The mean share of 1,000 new normal images that pass filters fitted to `count` normal ones."""
    shares = []
    for seed in range(repetitions):
        backbone = Given(features(count + 1000, seed))
        images = numbered_images(count + 1000)
        training = Images(images.pixels[:count], images.ids[:count])
        threshold = ThresholdFilter.fit(backbone, training, FilterSettings(reference=reference))
        shares.append(threshold.passes(as_unit(images.pixels[count:])).double().mean().item())
    return np.mean(shares)


@pytest.mark.parametrize("count", [60, 200, 1000])
def test_with_many_features_new_normal_images_pass_at_the_level_all_the_same(count):
    # 20 fits, seeds 0 to 19: the standard error of their mean is 1.1 % at 60 images and less at more
    assert 0.02 <= fresh_share(count, "out_of_sample") <= 0.09


def test_in_sample_distances_let_nearly_all_new_normal_images_pass():
    assert fresh_share(60, "in_sample", 5) == 1
    assert fresh_share(200, "in_sample", 5) > 0.95
    assert 0.15 < fresh_share(1000, "in_sample", 5) < 0.35


def test_two_images_cannot_be_judged_by_each_other():
    images = gaussian_images(2, seed=0)
    with pytest.raises(UserError, match="has 2 normal training images where at least 3 are needed"):
        ThresholdFilter.fit(FirstPixels(), images, FilterSettings())
    ThresholdFilter.fit(FirstPixels(), images, FilterSettings(reference="in_sample"))


def test_new_normal_images_pass_at_the_level(fitted):
    # 4000 images of the same distribution, seed 99: the share beyond the limit is lambda = 0.05, whose
    # standard error is 0.0034, and as much again comes from the estimated limit; tolerance four of both
    beyond = (fitted.distance(as_unit(gaussian_images(4000, seed=99).pixels)) > fitted.limit).double().mean()
    assert abs(beyond - 0.05) < 4 * math.sqrt(2 * 0.05 * 0.95 / 4000)


def test_a_far_off_image_passes_and_most_normal_ones_do_not(fitted):
    far = torch.zeros(1, 3, 2, 4)
    assert fitted.distance(far) > fitted.limit
    assert fitted.p_value(far).item() == 0
    normal = as_unit(gaussian_images(4000, seed=0).pixels)
    assert (fitted.p_value(normal) >= 0.05).float().mean() > 0.94


def test_p_value_is_the_share_of_images_at_least_as_unlikely(fitted):
    normal = as_unit(gaussian_images(4000, seed=0).pixels)
    distance = fitted.distance(normal)
    values = fitted.p_value(normal)
    for row in (0, int(distance.argmax()), int(distance.argmin())):
        assert values[row].item() == pytest.approx((distance >= distance[row]).double().mean().item())
    assert values.min() > 0  # an image is as unlikely as itself


def test_a_restored_filter_judges_alike():
    images = byte_images(30)
    threshold = fit_filter(images, TINY, seed=0)
    again = ThresholdFilter.restore(threshold.state(), TINY, torch.device("cpu"))
    new = as_unit(byte_images(20, seed=5).pixels)
    assert torch.equal(again.distance(new), threshold.distance(new))
    assert again.limit == threshold.limit


def test_fitting_depends_on_the_seed_alone():
    images, new = byte_images(30), as_unit(byte_images(5, seed=5).pixels)
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = fit_filter(images, TINY, seed=0).distance(new)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(2)
    assert torch.equal(fit_filter(images, TINY, seed=0).distance(new), first)
    assert not torch.equal(fit_filter(images, TINY, seed=1).distance(new), first)


def test_judging_changes_nothing():
    threshold = fit_filter(byte_images(30), TINY, seed=0)
    new = as_unit(byte_images(20, seed=5).pixels)
    first = threshold.distance(new)
    assert torch.equal(threshold.distance(new), first)
    torch.testing.assert_close(
        torch.cat([threshold.distance(image[None]) for image in new]), first, rtol=1e-4, atol=0
    )


def test_the_classifier_has_a_class_per_kind_and_one_for_none():
    classifier = train_classifier(byte_images(10), TINY, seed=0)
    assert classifier.head.out_features == 3


def test_the_classifier_learns_to_tell_the_transformations():
    # a bright top half: a rotation shows; 64 images, 12 epochs, seed 0
    pixels = torch.zeros(64, 3, 8, 8, dtype=torch.uint8)
    pixels[:, :, :4] = 200
    images = Images(pixels, torch.arange(64))
    kinds = HardSettings(kinds={"rotation": 1}, max_kinds=1)
    settings = CraftingSettings(filter=FilterSettings(epochs=12, width=4), hard=kinds)
    classifier = train_classifier(images, settings, seed=0).eval()
    upright = as_unit(pixels[:4])
    turned = torch.cat([torch.rot90(upright[:1], k, (2, 3)) for k in (1, 2, 3)])
    with torch.no_grad():
        assert classifier(upright).argmax(dim=1).tolist() == [0] * 4
        assert classifier(turned).argmax(dim=1).tolist() == [1] * 3


@pytest.mark.parametrize("pixels", [torch.full((5, 3, 8, 8), 9, dtype=torch.uint8)])
def test_images_that_do_not_vary_are_refused(pixels):
    backbone = ResNet("resnet10", 2, "low")
    with pytest.raises(
        UserError, match=r"do not vary: check that .* or set crafting\.filter\.enabled to false"
    ):
        ThresholdFilter.fit(backbone, Images(pixels, torch.arange(5)), FilterSettings())
