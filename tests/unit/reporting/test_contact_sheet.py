import io

import numpy as np
import pytest
import torch
from pictures import preparation, raw_images, save
from PIL import Image
from samples import unit_images

from cobra.data.prepared import read_prepared
from cobra.data.prepared_writer import write_prepared
from cobra.randomness import ImageRandom
from cobra.reporting.figures.contact_sheet import draw_sheet, sheet_blocks, sheet_rows, transformation_rows
from cobra.reporting.figures.drawing import render
from cobra.reporting.figures.settings import ContactSheetSettings
from cobra.training.crafting.hard import cutout
from cobra.training.crafting.released_transformations import cutout_released
from cobra.training.crafting.settings import CraftingSettings

IMAGES = [*["train a"] * 4, *["train b"] * 3, *["test a"] * 3, *["test b"] * 2, "test c"]


@pytest.fixture
def prepared(tmp_path, identity):
    settings = preparation("abc", resolution=8)
    own = identity.model_copy(update={"settings": settings.model_dump(mode="json")})
    path = tmp_path / "images.npy"
    write_prepared(path, raw_images(IMAGES), settings, own, strict=False, threads=1)
    return read_prepared(path)


def sheet(columns=3, **crafting):
    return ContactSheetSettings(classes=["a", "b"], columns=columns, crafting={"a": crafting, "b": crafting})


def images(row):
    return np.stack([tile.image for tile in row.tiles])


def test_each_class_has_a_row_of_normal_anomalous_and_crafted_images(prepared):
    rows = sheet_rows(prepared, sheet(), seed=0)
    assert [row.label for row in rows] == [f"{name}\n{kind}" for name in "ab" for kind in KINDS]
    normal, anomalies, crafted = rows[:3]
    np.testing.assert_allclose(images(normal), prepared.images[:3] / 255, rtol=1e-6)
    assert [tile.caption for tile in anomalies.tiles] == ["b", "c", "b"]
    np.testing.assert_allclose(images(anomalies), prepared.images[[10, 12, 11]] / 255, rtol=1e-6)
    assert images(crafted).shape == images(normal).shape
    assert (abs(images(crafted) - images(normal)).max(axis=(1, 2, 3)) > 0).all()


KINDS = ("normal", "anomalies", "crafted")


def test_the_seed_decides_what_is_crafted(prepared):
    first, again, other = (images(sheet_rows(prepared, sheet(), seed)[2]) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_generated_anomalies_are_shown_in_place_of_crafted_ones(prepared, tmp_path):
    for name, grey in (("a", 51), ("b", 102)):
        save(tmp_path / "made" / name / "1.png", grey)
    shown = sheet(generated={"folder": str(tmp_path / "made")})
    crafted = [images(row) for row in sheet_rows(prepared, shown, seed=0) if "crafted" in row.label]
    for shown, grey in zip(crafted, (0.2, 0.4), strict=True):
        np.testing.assert_allclose(shown, np.full((3, 8, 8, 3), grey), rtol=1e-6)


@pytest.mark.parametrize("columns", [1, 10])
def test_a_sheet_has_room_for_fewer_images_than_columns(prepared, columns):
    blocks = sheet_blocks(prepared, sheet(columns=columns), seed=0)
    assert len(blocks[0].strips[0].tiles) == min(columns, 4)
    figure = draw_sheet(blocks, "title")
    with Image.open(io.BytesIO(render(figure, ".png"))) as image:
        assert image.height > image.width / 3


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_figure_is_the_same_bytes_each_time(prepared, suffix):
    blocks = sheet_blocks(prepared, sheet(), seed=0)
    first, again = (render(draw_sheet(blocks, "digits: crafted"), suffix) for _ in range(2))
    assert first == again
    assert b"digits: crafted" in first or suffix == ".png"


def captions(row):
    return [tile.caption for tile in row.tiles]


def test_each_transformation_is_shown_in_ours_and_the_released_strength(prepared):
    random = ImageRandom.of(0, torch.arange(4), "test")
    pixels = unit_images(4, 32)
    crafting = CraftingSettings(hard={"kinds": {"scar_released": 1, "cutout": 1}})
    rows = {row.label.split()[0]: row for row in transformation_rows(pixels, random, crafting)}
    assert list(rows) == ["rotation", "cut-permute", "elastic", "cutpaste", "scar", "cutout", "crop"]
    assert [name for name, row in rows.items() if "not used" in row.label] == [*rows][:4]
    pair = ["ours", "ours", "released", "released"]
    assert [captions(rows[name]) for name in ("cut-permute", "scar", "cutout")] == [pair] * 3
    assert captions(rows["crop"])[::2] == ["ours, 0.54-1", "released, 0.08-1"]
    assert captions(rows["elastic"]) == ["ours"] * 4
    half = random.select(torch.arange(2)).child("cutout")
    strengths = [cutout(pixels[:2], half, crafting.hard), cutout_released(pixels[:2], half, crafting.hard)]
    shown = torch.from_numpy(images(rows["cutout"])).permute(0, 3, 1, 2)
    torch.testing.assert_close(shown, torch.cat(strengths))
