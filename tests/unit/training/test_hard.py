import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from samples import unit_images

from cobra.randomness import ImageRandom
from cobra.training.crafting import transformations
from cobra.training.crafting.hard import HARD, apply_chosen, choose, kinds_of, transform
from cobra.training.crafting.settings import HardSettings
from cobra.training.crafting.warp import pixel_grid

SETTINGS = HardSettings()
KINDS = transformations.names()


def streams(count, seed=0):
    return ImageRandom.of(seed, torch.arange(count), "hard")


def made(kind, images, seed=0, settings=SETTINGS):
    return transform(kind)(images, streams(len(images), seed), settings)


def changed(before, after):
    """Bool [N, H, W]: the pixels that differ in any channel."""
    return (before != after).any(dim=1)


def test_every_kind_that_settings_allow_exists_in_its_order():
    assert set(SETTINGS.kinds) == {kind for kind in HARD if not kind.endswith("_released")}
    assert tuple(HARD) == transformations.HARD


@pytest.mark.parametrize("kind", KINDS)
@given(seed=st.integers(0, 2**32), side=st.sampled_from([8, 16, 17, 33]))
def test_shape_and_range_are_kept(kind, seed, side):
    images = unit_images(3, side, seed)
    before = images.clone()
    after = made(kind, images, seed)
    assert after.shape == images.shape
    assert after.dtype == torch.float32
    assert after.min() >= 0
    assert after.max() <= 1
    assert torch.equal(images, before)  # the normal images are still needed


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_is_transformed_alike_in_any_batch(kind):
    images, random = unit_images(5, 16), streams(5)
    alone = [transform(kind)(images[[row]], random.select(torch.tensor([row])), SETTINGS) for row in range(5)]
    torch.testing.assert_close(transform(kind)(images, random, SETTINGS), torch.cat(alone), rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_every_image_changes_and_differently_per_image(kind):
    # 90 equal images: no kind leaves one as it was, and the outcomes vary
    images = unit_images(1, 16).expand(90, 3, 16, 16).contiguous()
    after = made(kind, images)
    touched = changed(images, after).any(dim=(1, 2))
    # a released scar that is turned out at a corner leaves its image as it was
    assert touched.all() if kind != "scar_released" else touched.double().mean() > 0.9
    assert len(after.flatten(1).unique(dim=0)) >= (3 if kind in ("rotation", "cut_permute_released") else 20)


def test_rotation_is_one_of_three_quarter_turns_equally_often():
    images = unit_images(3000, 4)
    after = made("rotation", images)
    hits = torch.stack([(after == torch.rot90(images, k, (2, 3))).all(dim=(1, 2, 3)) for k in (0, 1, 2, 3)])
    assert hits.sum(dim=0).tolist() == [1] * 3000
    shares = hits.float().mean(dim=1)
    assert shares[0] == 0
    assert (shares[1:] - 1 / 3).abs().max() < 5 * math.sqrt(2 / 9 / 3000)


@pytest.mark.parametrize("side", [8, 9])
def test_cut_permute_reorders_the_quadrants_and_never_keeps_their_order(side):
    images = unit_images(400, side)
    after = made("cut_permute", images)
    half = side // 2
    corners = [(slice(y, y + half), slice(x, x + half)) for y in (0, half) for x in (0, half)]
    seen = set()
    for before, image in zip(images, after, strict=True):
        order = tuple(
            next(i for i, source in enumerate(corners) if torch.equal(image[:, *target], before[:, *source]))
            for target in corners
        )
        assert sorted(order) == [0, 1, 2, 3]
        seen.add(order)
    assert (0, 1, 2, 3) not in seen
    assert len(seen) == 23
    assert torch.equal(after[:, :, 2 * half :], images[:, :, 2 * half :])  # the odd row and column
    assert torch.equal(after[:, :, :, 2 * half :], images[:, :, :, 2 * half :])


def test_cutout_fills_one_rectangle_with_one_grey():
    images = unit_images(200, 32)
    after = made("cutout", images)
    for image, mask in zip(after, changed(images, after), strict=True):
        rows, columns = np.nonzero(mask.any(1).numpy())[0], np.nonzero(mask.any(0).numpy())[0]
        box = image[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        assert mask.sum() == box[0].numel()
        assert box.min() == box.max()
        for side in box.shape[1:]:
            assert 32 / 4 - 1 <= side <= 32 / 2 + 1


# Largest share of the image: 15 % for a patch; 8 % x 45 % for a scar, its border and its least width added.
@pytest.mark.parametrize(("kind", "most"), [("cutpaste", 0.15), ("scar", 0.08 * 0.45)])
@pytest.mark.parametrize("side", [16, 64])
def test_pasting_changes_few_pixels_and_some(kind, most, side):
    images = unit_images(200, side)
    share = changed(images, made(kind, images)).float().mean(dim=(1, 2))
    assert share.min() > 0
    border = 2 / side
    assert share.max() < most + border
    assert share.mean() < 0.6 * most + border


def test_a_patch_is_a_copy_from_the_same_image():
    # in an image of two levels, bilinear copying times 0.9 to 1.1 stays between the scaled levels
    images = torch.where(unit_images(200, 16) > 0.5, 0.8, 0.4)
    after = made("cutpaste", images)
    assert after.min() >= 0.4 * 0.9 - 1e-6
    assert after.max() <= 0.8 * 1.1 + 1e-6


@pytest.mark.parametrize("strength", [0.02, 0.15])
def test_elastic_moves_no_pixel_further_than_its_strength(strength):
    # in a ramp the value read tells the place it was read from
    ramp = (pixel_grid(torch.empty(1, 3, 32, 32)) + 1) / 2
    images = torch.stack([ramp[..., 0], ramp[..., 1], ramp[..., 0]])[None].repeat(300, 1, 1, 1)
    moved = (made("elastic", images, settings=HardSettings(elastic_strength=strength)) - images).abs()
    assert moved.max() > strength / 2
    assert moved.max() <= strength + 1e-5


def test_elastic_is_smooth():
    ramp = ((pixel_grid(torch.empty(1, 3, 32, 32)) + 1) / 2)[..., 0].expand(50, 3, 32, 32)
    shift = (made("elastic", ramp.contiguous()) - ramp)[:, 0, 4:-4, 4:-4]
    assert shift.diff(dim=1).abs().max() < 0.15
    assert shift.diff(dim=2).abs().max() < 0.15


@pytest.mark.parametrize(("fewest", "most"), [(1, 1), (1, 2), (2, 4), (6, 6)])
def test_choose_draws_every_number_of_kinds_between_the_bounds(fewest, most):
    chosen = choose(streams(500), HardSettings(min_kinds=fewest, max_kinds=most))
    assert chosen.shape == (500, 6)
    counts = chosen.sum(dim=1)
    assert sorted(set(counts.tolist())) == list(range(fewest, most + 1))


def test_choose_follows_the_frequencies():
    settings = HardSettings(kinds={"scar": 1, "rotation": 3, "cutout": 6}, min_kinds=1, max_kinds=1)
    shares = choose(streams(20_000), settings).float().mean(dim=0)
    expected = {"scar": 0.1, "rotation": 0.3, "cutout": 0.6}
    for kind, share in zip(kinds_of(settings), shares, strict=True):
        error = math.sqrt(expected[kind] * (1 - expected[kind]) / 20_000)
        assert abs(share - expected[kind]) < 5 * error


def test_choose_draws_the_second_kind_from_those_left():
    # without replacement: P(rare is among two) = 1 - P(common, common') summed over both orders
    settings = HardSettings(kinds={"rotation": 1, "cutout": 2, "scar": 2}, min_kinds=2, max_kinds=2)
    share = choose(streams(20_000), settings).float().mean(dim=0)[kinds_of(settings).index("rotation")]
    expected = 1 - 2 * (2 / 5) * (2 / 3)
    assert abs(share - expected) < 5 * math.sqrt(expected * (1 - expected) / 20_000)


def test_apply_chosen_applies_the_chosen_kinds_alone_and_in_order():
    settings = HardSettings(kinds={"cutout": 1, "rotation": 1})
    assert kinds_of(settings) == ["rotation", "cutout"]
    images, random = unit_images(4, 16), streams(4)
    chosen = torch.tensor([[False, False], [True, False], [False, True], [True, True]])
    after = apply_chosen(images, chosen, random, settings)
    turned = HARD["rotation"](images, random.child("rotation"), settings)
    assert torch.equal(after[0], images[0])
    assert torch.equal(after[1], turned[1])
    assert torch.equal(after[2], HARD["cutout"](images, random.child("cutout"), settings)[2])
    assert torch.equal(after[3], HARD["cutout"](turned, random.child("cutout"), settings)[3])
