import math

import numpy as np
import pytest
import torch
from samples import byte_images
from torch import nn

from cobra.data.one_class import Images, as_unit
from cobra.errors import UserError
from cobra.training.crafting.likelihood_filter import ThresholdFilter, fit_filter, train_classifier
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
    return ThresholdFilter.fit(FirstPixels(), gaussian_images(4000, seed=0), shrinkage=1e-3, level=0.05)


@pytest.mark.parametrize("shrinkage", [1e-3, 0.5])
def test_distance_is_mahalanobis_with_a_shrunk_covariance(shrinkage):
    images = gaussian_images(300, seed=1)
    threshold = ThresholdFilter.fit(FirstPixels(), images, shrinkage, level=0.05)
    features = as_unit(images.pixels)[:, 0, 0, :4].double().numpy()
    covariance = np.cov(features.T)
    covariance += shrinkage * np.diag(covariance).mean() * np.eye(4)
    offset = features - features.mean(axis=0)
    expected = np.einsum("ni,ij,nj->n", offset, np.linalg.inv(covariance), offset)
    np.testing.assert_allclose(threshold.distance(as_unit(images.pixels)).numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("level", [0.01, 0.05, 0.5, 0.99])
def test_limit_leaves_the_level_of_the_training_images_beyond_it(level):
    images = gaussian_images(1000, seed=2)
    threshold = ThresholdFilter.fit(FirstPixels(), images, 1e-3, level)
    beyond = (threshold.distance(as_unit(images.pixels)) > threshold.limit).double().mean()
    assert beyond == pytest.approx(level, abs=1.5 / 1000)


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
        ThresholdFilter.fit(backbone, Images(pixels, torch.arange(5)), 1e-3, 0.05)
