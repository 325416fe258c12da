import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from samples import unit_images

from cobra.randomness import ImageRandom
from cobra.training.crafting.mild import crop_and_flip, grey, mild, turn_hue
from cobra.training.crafting.settings import MildSettings
from cobra.training.crafting.warp import pixel_grid

STRONG = MildSettings(
    crop_min_area=0.1, flip=0.5, jitter=1, brightness=1, contrast=1, saturation=1, hue=0.5, grey=0.5
)
NONE = MildSettings(
    crop_min_area=1, flip=0, jitter=1, brightness=0, contrast=0, saturation=0, hue=0, grey=0
)  # fmt: skip


def streams(count, seed=0):
    return ImageRandom.of(seed, torch.arange(count), "mild")


@given(seed=st.integers(0, 2**32), side=st.sampled_from([8, 17]))
def test_shape_and_range_are_kept(seed, side):
    images = unit_images(4, side, seed)
    views = mild(images, streams(4, seed), STRONG)
    assert views.shape == images.shape
    assert views.min() >= 0
    assert views.max() <= 1


def test_a_view_does_not_depend_on_the_batch():
    images, random = unit_images(5), streams(5)
    alone = [mild(images[[row]], random.select(torch.tensor([row])), STRONG) for row in range(5)]
    torch.testing.assert_close(mild(images, random, STRONG), torch.cat(alone), rtol=0, atol=1e-5)


def test_settings_without_strength_change_nothing():
    images = unit_images(50)
    torch.testing.assert_close(mild(images, streams(50), NONE), images, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("least", "most"), [(0.3, 1), (0.9, 1), (1, 1), (0.3, 0.6), (0.54, 0.54)])
def test_crop_keeps_its_share_of_the_area(least, most):
    # in a ramp the values read tell the window they were read from
    settings = MildSettings(crop_min_area=least, crop_max_area=most, flip=0.5)
    side = 16
    ramp = pixel_grid(torch.empty(1, 3, side, side))
    images = torch.stack([ramp[..., 0], ramp[..., 1], ramp[..., 0]])[None].repeat(300, 1, 1, 1)
    views = crop_and_flip(images, streams(300), settings)
    width = views[:, 0, side // 2, side // 2] - views[:, 0, side // 2, side // 2 - 1]
    height = views[:, 1, side // 2, side // 2] - views[:, 1, side // 2 - 1, side // 2]
    kept = (width * height).abs() * (side / 2) ** 2
    assert kept.min() >= least - 1e-4
    assert kept.max() <= most + 1e-4
    assert (height > 0).all()  # never upside down
    mirrored = (width < 0).float().mean()
    assert abs(mirrored - 0.5) < 5 * 0.5 / math.sqrt(300)


def test_a_flip_mirrors_the_view():
    images = unit_images(10)
    plain, mirrored = (crop_and_flip(images, streams(10), MildSettings(flip=flip)) for flip in (0, 1))
    torch.testing.assert_close(mirrored, plain.flip(3), rtol=0, atol=1e-5)


def test_hue_turned_by_nothing_or_fully_is_the_image():
    images = unit_images(3)
    for turns in (0.0, 1.0):
        torch.testing.assert_close(turn_hue(images, torch.full((3,), turns)), images, rtol=0, atol=1e-5)


def test_hue_keeps_greys_and_the_luma():
    images = unit_images(3) * 0.2 + 0.4  # far from the ends, so that nothing is clamped
    turned = turn_hue(images, torch.tensor([0.1, 0.25, -0.3]))
    torch.testing.assert_close(grey(turned), grey(images), rtol=0, atol=2e-3)  # YIQ is given to three digits
    assert (turned - images).abs().amax(dim=(1, 2, 3)).min() > 0.02
    torch.testing.assert_close(turn_hue(grey(images), torch.full((3,), 0.3)), grey(images), rtol=0, atol=2e-3)


def test_grey_is_the_luma_in_three_channels():
    colours = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]])[:, :, None, None]
    expected = torch.tensor([0.299, 0.587, 0.114, 1.0])[:, None, None, None].expand(4, 3, 1, 1)
    torch.testing.assert_close(grey(colours), expected)


@pytest.mark.parametrize("chance", [0.0, 0.3, 1.0])
def test_greyscale_comes_with_its_chance(chance):
    settings = NONE.model_copy(update={"grey": chance, "jitter": 0.0})
    views = mild(unit_images(1000, 8), streams(1000), settings)
    is_grey = (views.amax(dim=1) - views.amin(dim=1)).amax(dim=(1, 2)) < 1e-6
    assert abs(is_grey.float().mean() - chance) <= 5 * math.sqrt(chance * (1 - chance) / 1000)


@pytest.mark.parametrize(
    ("name", "spread"), [("brightness", 0.4), ("contrast", 0.4), ("saturation", 0.4), ("hue", 0.1)]
)
def test_each_jitter_works_alone_and_differs_per_image(name, spread):
    images = (unit_images(1) * 0.2 + 0.4).expand(20, 3, 16, 16).contiguous()
    jitter_only = NONE.model_copy(update={name: spread, "crop_min_area": 1.0})
    plain, jittered = (mild(images, streams(20), settings) for settings in (NONE, jitter_only))
    difference = (plain - jittered).abs().amax(dim=(1, 2, 3))
    assert difference.max() > 0.01
    assert len(difference.unique()) == 20


def test_brightness_scales_by_up_to_its_spread():
    images = torch.full((500, 3, 4, 4), 0.5)
    factor = mild(images, streams(500), NONE.model_copy(update={"brightness": 0.4}))[:, 0, 0, 0] / 0.5
    assert 0.6 - 1e-4 <= factor.min() < 0.62
    assert 1.38 < factor.max() <= 1.4 + 1e-4
