"""The simulated anomalies of DRAEM: noise, masks, textures, and how they are laid over normal images."""

import math

import numpy as np
import pytest
import torch
from normals import normal_images, training
from PIL import Image, ImageOps
from samples import unit_images

from cobra.artifacts.digests import digest, file_digest
from cobra.detectors.baselines.parts import draem_anomalies
from cobra.detectors.baselines.parts.draem_anomalies import (
    SimulationSettings,
    Source,
    TextureSettings,
    perlin_masks,
    perlin_noise,
    shuffle_tiles,
    simulate,
    texture_source,
)
from cobra.errors import UserError
from cobra.randomness import ImageRandom

SETTINGS = SimulationSettings(scales=3)


def streams(count, first=0):
    return ImageRandom.of(0, torch.arange(first, first + count), "test")


def test_noise_is_that_of_a_loop():
    points = 2 * torch.rand(2, 5, 5, 2, generator=torch.Generator().manual_seed(0)) - 1
    cells = torch.tensor([[2, 4], [1, 3]])
    found = perlin_noise(points, cells, streams(2), 4)
    angles = streams(2).uniform(5, 5, high=2 * math.pi)

    def fade(t):
        return 6 * t**5 - 15 * t**4 + 10 * t**3

    for image in range(2):
        for value, point in zip(found[image].flatten(), points[image].flatten(0, 1), strict=True):
            x, y = ((float(point[axis]) + 1) / 2 * int(cells[image, axis]) for axis in (0, 1))
            left, top = math.floor(x), math.floor(y)
            expected = 0.0
            for column in (left, left + 1):
                for row in (top, top + 1):
                    angle = float(angles[image, row, column])
                    share = fade(1 - abs(x - column)) * fade(1 - abs(y - row))
                    expected += share * (math.cos(angle) * (x - column) + math.sin(angle) * (y - row))
            assert float(value) == pytest.approx(math.sqrt(2) * expected, abs=1e-5)


def test_noise_is_nought_at_the_corners_of_its_cells_the_last_included():
    axis = torch.linspace(-1, 1, 4)
    points = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), dim=-1)[None]
    assert perlin_noise(points, torch.tensor([[3, 3]]), streams(1), 8).abs().max() < 1e-6


def test_masks_are_some_of_the_pixels_and_depend_on_no_other_image():
    images = torch.zeros(200, 3, 32, 32)
    masks = perlin_masks(images, streams(200), 4)
    assert masks.shape == (200, 1, 32, 32)
    assert masks.dtype == torch.bool
    assert 0.02 < float(masks.float().mean()) < 0.3
    assert torch.equal(perlin_masks(images[:5], streams(5, 100), 4), masks[100:105])


def test_anomalies_are_textures_blended_into_normal_images_under_the_mask():
    images, source = unit_images(60), Source(unit_images(4, seed=1).mul(255).byte(), shuffled=False)
    made = simulate(images, streams(60), source, SETTINGS)
    outside = ~made.mask.expand_as(images)
    assert torch.equal(made.anomalous[outside], made.normal[outside])
    assert not torch.equal(made.anomalous, made.normal)
    assert ((made.anomalous >= 0) & (made.anomalous <= 1)).all()
    marked = made.mask.flatten(1).any(dim=1).float().mean()
    assert 0.2 < float(marked) < 0.6


def test_the_opacity_is_one_for_all_of_an_image():
    """Each masked pixel lies at the same share of the way from the image to its texture."""
    white = Source(torch.full((1, 3, 16, 16), 255, dtype=torch.uint8), shuffled=False)
    images = torch.zeros(80, 3, 16, 16)
    made = simulate(images, streams(80), white, SETTINGS)
    levels = [image[mask.expand_as(image)] for image, mask in zip(made.anomalous, made.mask, strict=True)]
    levels = [found for found in levels if len(found)]
    assert len(levels) > 10
    assert all(float(found.max() - found.min()) < 1e-6 for found in levels)


@pytest.mark.parametrize("chance", [0, 1])
def test_some_images_are_turned_and_some_left_normal(chance):
    settings = SETTINGS.model_copy(update={"anomalous": 1 - chance, "turned": chance})
    images, source = unit_images(20), Source(normal_images().pixels, shuffled=True)
    made = simulate(images, streams(20), source, settings)
    assert torch.equal(made.normal, images) == (chance == 0)
    assert bool(made.mask.any()) == (chance == 0)


def test_a_simulated_image_depends_on_no_other():
    images, source = unit_images(8), Source(normal_images().pixels, shuffled=True)
    whole = simulate(images, streams(8), source, SETTINGS)
    part = simulate(images[5:], streams(3, 5), source, SETTINGS)
    torch.testing.assert_close(part.anomalous, whole.anomalous[5:])
    assert torch.equal(part.mask, whole.mask[5:])


def test_three_augmentations_are_composed():
    """Each of seven that add one of seven bits is among the three of three images in seven."""
    images = torch.zeros(700, 3, 2, 2)

    def bit(number):
        def add(images, _):
            return images + 2.0**number

        add.__name__ = str(number)
        return add

    original, draem_anomalies.AUGMENTATIONS = draem_anomalies.AUGMENTATIONS, tuple(map(bit, range(7)))
    try:
        chosen = draem_anomalies.strong(images, streams(700))[:, 0, 0, 0].long()
    finally:
        draem_anomalies.AUGMENTATIONS = original
    counts = torch.stack([(chosen >> number) & 1 for number in range(7)], dim=1)
    assert (counts.sum(dim=1) == 3).all()
    assert counts.sum(dim=0).tolist() == pytest.approx([300] * 7, abs=60)


@pytest.mark.parametrize("augmentation", draem_anomalies.AUGMENTATIONS)
def test_an_augmentation_keeps_shape_and_range_and_changes_most_images(augmentation):
    images = 0.1 + 0.7 * unit_images(12)
    made = augmentation(images, streams(12))
    assert made.shape == images.shape
    assert ((made >= 0) & (made <= 1)).all()
    changed = (made - images).abs().amax(dim=(1, 2, 3)) > 1e-3
    assert changed.sum() >= 8
    torch.testing.assert_close(augmentation(images[7:], streams(5, 7)), made[7:])


def test_posterised_values_are_multiples_of_a_power_of_two():
    images = (torch.arange(256).view(1, 1, 16, 16) / 255).expand(16, 3, -1, -1)
    for made in draem_anomalies.posterize(images, streams(16)):
        levels = (made * 255).round().long().unique()
        step = 256 // len(levels)
        assert levels.tolist() == list(range(0, 256, step))


def test_equalised_images_are_pillows():
    """But for what Pillow rounds down: less than a hundredth of the range."""
    images = (unit_images(2, side=256) * 50).round() / 255
    for image, made in zip(images, draem_anomalies.equalize(images, streams(4)), strict=True):
        for channel, found in zip(image, made, strict=True):
            levels = (channel * 255).round().byte().numpy()
            expected = torch.from_numpy(np.array(ImageOps.equalize(Image.fromarray(levels)))).float()
            assert (found * 255 - expected).abs().max() <= 2.55


def test_a_channel_of_one_value_stays():
    images = torch.full((2, 3, 4, 4), 0.4)
    assert torch.equal(draem_anomalies.equalize(images, streams(2)), images)


def test_contrast_is_stretched_to_both_ends_where_there_is_some():
    image = torch.tensor([[0.2, 0.3], [0.4, 0.6]]).expand(1, 3, 2, 2).clone()
    image[:, 2] = 0.5
    made = draem_anomalies.autocontrast(image, streams(1))[0]
    torch.testing.assert_close(made[0], torch.tensor([[0, 0.25], [0.5, 1]]))
    assert (made[2] == 0.5).all()


def test_tiles_change_places_whole():
    numbers = torch.arange(16.0).view(4, 4).repeat_interleave(2, 0).repeat_interleave(2, 1)
    images = numbers.expand(3, 2, 8, 8)
    made = shuffle_tiles(images, streams(3))
    tiles = made.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4)
    assert (tiles == tiles[..., :1]).all()
    assert torch.equal(tiles[..., 0].flatten(2).sort(dim=2).values, torch.arange(16.0).expand(3, 2, 16))
    assert torch.equal(made[:, 0], made[:, 1])
    assert not torch.equal(made[0], made[1])


@pytest.fixture
def textures(tmp_path):
    """A folder of two textures, one of them in a folder in it, and its digest."""
    folder = tmp_path / "textures"
    (folder / "banded").mkdir(parents=True)
    Image.new("RGB", (40, 30), (255, 0, 0)).save(folder / "banded/a.png")
    Image.new("L", (20, 20), 51).save(folder / "b.png")
    files = (folder / "b.png", folder / "banded/a.png")
    return folder, digest("\n".join(map(file_digest, files)))


def test_textures_of_a_folder_are_read_at_the_side_of_the_images(tmp_path, identity, textures):
    folder, sha256 = textures
    with training(tmp_path / "scratch", identity) as given:
        source = texture_source(TextureSettings(folder=str(folder), sha256=sha256), given)
    assert source.pixels.shape == (2, 3, 16, 16)
    assert source.pixels.flatten(2)[:, :, 0].tolist() == [[51, 51, 51], [255, 0, 0]]
    drawn = 255 * source.draw(streams(40))
    assert {tuple(image[:, 0, 0].round().tolist()) for image in drawn} == {(51, 51, 51), (255, 0, 0)}


def test_without_a_folder_the_training_images_are_the_source(tmp_path, identity):
    with training(tmp_path / "scratch", identity) as given:
        source = texture_source("none", given)
        assert torch.equal(source.pixels, given.images.pixels)
    assert source.shuffled


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"folder": "nowhere"}, r"textures\.folder is nowhere, which holds no images: place them"),
        (
            {"sha256": "0" * 64},
            r"holds 2 images with the SHA-256 [0-9a-f]{64}, where baseline\.textures\.sha",
        ),
    ],
)
def test_other_textures_than_declared_are_told(tmp_path, identity, textures, change, said):
    settings = TextureSettings(**{"folder": str(textures[0]), "sha256": textures[1]} | change)
    with training(tmp_path / "scratch", identity) as given, pytest.raises(UserError, match=said):
        texture_source(settings, given)


def test_a_damaged_texture_is_told(tmp_path, identity, textures):
    folder, _ = textures
    (folder / "c.png").write_bytes(b"none")
    files = (folder / "b.png", folder / "c.png", folder / "banded/a.png")
    settings = TextureSettings(folder=str(folder), sha256=digest("\n".join(map(file_digest, files))))
    with (
        training(tmp_path / "scratch", identity) as given,
        pytest.raises(UserError, match=r"1 of 3 images cannot be used .*c\.png"),
    ):
        texture_source(settings, given)
