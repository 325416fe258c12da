import numpy as np
import pytest
import torch
from pictures import preparation, raw_images, save
from PIL import Image
from samples import TINY_MODEL, byte_images, unit_images

from cobra.artifacts.checkpoints import Scratch
from cobra.data.image_decoding import read_image
from cobra.data.one_class import as_unit
from cobra.data.prepared import read_prepared
from cobra.data.prepared_writer import fit_image, write_prepared
from cobra.errors import UserError
from cobra.randomness import ImageRandom
from cobra.training.crafting.generated_pool import Pool, read_pool
from cobra.training.crafting.groups import craft
from cobra.training.crafting.settings import CraftingSettings, FilterSettings, GeneratedSettings
from cobra.training.settings import DetectorSettings
from cobra.training.trainer import Trainer

SETTINGS = CraftingSettings(filter=FilterSettings(max_tries=4))
COUNT = 300
IMAGES = unit_images(COUNT)
RANDOM = ImageRandom.of(0, torch.arange(COUNT), "pseudo")
PIXELS = byte_images(20, seed=1).pixels
TEXTS = [*["train a"] * 4, *["train b"] * 3, *["test a"] * 3, *["test b"] * 2]


def pool(share=1.0):
    return Pool(PIXELS, share, "d1")


def crafted(threshold=None, share=1.0):
    return craft(IMAGES, RANDOM, SETTINGS, threshold, pool(share))


def drawn(images):
    """Which of the pool's images each one is, -1 for none."""
    same = (images[:, None] == as_unit(PIXELS)).all(dim=(2, 3, 4))
    return torch.where(same.any(dim=1), same.int().argmax(dim=1), -1)


class Brightness:
    """Stands in for the fitted filter: bright images are unlikely."""

    def __init__(self, limit):
        self.limit = limit

    def distance(self, images):
        return images.double().mean(dim=(1, 2, 3))


MIDDLE = Brightness(float(Brightness(0).distance(as_unit(PIXELS)).median()))


def test_every_pseudo_anomaly_is_drawn_from_the_pool_each_of_its_images_about_as_often():
    found = drawn(crafted().images)
    counts = torch.bincount(found, minlength=20)  # of 300 draws; a standard deviation is 3.8
    assert (found >= 0).all()
    assert 4 <= counts.min() <= counts.max() <= 27


@pytest.mark.parametrize("threshold", [None, MIDDLE], ids=["unfiltered", "filtered"])
def test_what_is_drawn_does_not_depend_on_the_batch(threshold):
    whole = drawn(crafted(threshold).images)
    order = torch.randperm(COUNT, generator=torch.Generator().manual_seed(0))
    for rows in order.split(70):
        part = craft(IMAGES[rows], RANDOM.select(rows), SETTINGS, threshold, pool())
        assert torch.equal(drawn(part.images), whole[rows])
    other = craft(IMAGES, ImageRandom.of(1, torch.arange(COUNT), "pseudo"), SETTINGS, threshold, pool())
    assert not torch.equal(drawn(other.images), whole)


def test_the_share_is_drawn_and_the_others_are_crafted_as_without_a_pool():
    images = crafted(share=0.3).images
    from_pool = drawn(images) >= 0
    assert from_pool.float().mean() == pytest.approx(0.3, abs=0.08)  # three standard deviations
    without = craft(IMAGES, RANDOM, SETTINGS, None).images
    assert torch.equal(images[~from_pool], without[~from_pool])


def test_the_filter_judges_drawn_images_and_each_try_draws_anew():
    first = drawn(crafted().images)
    found = crafted(MIDDLE)
    passed = MIDDLE.distance(as_unit(PIXELS)) > MIDDLE.limit
    assert torch.equal(found.accepted, passed[drawn(found.images)])
    assert torch.equal(found.tries == 1, passed[first])
    assert torch.equal(drawn(found.images)[passed[first]], first[passed[first]])
    assert found.accepted.float().mean() > 0.9  # 1 - 0.5^4
    again = found.tries == 2
    assert len(drawn(found.images)[again].unique()) > 3


def test_the_filter_leaves_the_share_as_it_is():
    unfiltered = drawn(crafted(share=0.3).images) >= 0
    assert torch.equal(drawn(crafted(MIDDLE, share=0.3).images) >= 0, unfiltered)


@pytest.fixture
def prepared(tmp_path, identity):
    """Greyscale images, centred on black."""
    settings = preparation("ab", resolution=12, fit="pad")
    own = identity.model_copy(update={"settings": settings.model_dump(mode="json")})
    path = tmp_path / "images.npy"
    write_prepared(path, raw_images(TEXTS), settings, own, strict=False, threads=1)
    return read_prepared(path)


@pytest.fixture
def folder(tmp_path):
    """Three generated images of class a (small grey, large, with transparency), one of class b."""
    random = np.random.default_rng(0)
    for name, shape in (("1.png", (8, 8)), ("2.JPG", (20, 30, 3)), ("3.webp", (9, 9, 4))):
        save(tmp_path / "made/a" / name, random.integers(0, 256, shape, dtype=np.uint8))
    save(tmp_path / "made/b/1.png")
    (tmp_path / "made/a/prompt.txt").write_text("a digit that is none")
    return tmp_path / "made"


def read(folder, prepared, normal="a", threads=1):
    return read_pool(GeneratedSettings(folder=str(folder), share=0.4), prepared, normal, threads)


def test_without_the_setting_there_is_no_pool(prepared):
    assert read_pool(None, prepared, "a", 1) is None


def test_images_are_read_as_those_of_the_data_set(prepared, folder):
    found = read(folder, prepared)
    names = ("1.png", "2.JPG", "3.webp")
    expected = [fit_image(read_image(folder / "a" / name), 12, "pad") for name in names]
    np.testing.assert_array_equal(found.pixels.permute(0, 2, 3, 1).numpy(), np.stack(expected))
    assert found.pixels[0, :, 0].max() == 0  # centred on black
    assert found.share == 0.4
    assert len(read(folder, prepared, "b").pixels) == 1


def test_the_digest_is_that_of_the_pixels_in_order(prepared, folder):
    first = read(folder, prepared).digest
    (folder / "a/1.png").rename(folder / "a/0.png")
    (folder / "a/0.png").touch()
    assert read(folder, prepared, threads=2).digest == first
    (folder / "a/0.png").rename(folder / "a/4.png")
    assert read(folder, prepared).digest != first
    save(folder / "a/5.png")
    assert len({read(folder, prepared, name).digest for name in "ab"} | {first}) == 3


def test_images_that_cannot_be_read_are_all_named(prepared, folder):
    content = (folder / "a/2.JPG").read_bytes()
    (folder / "a/2.JPG").write_bytes(content[: len(content) // 2])
    Image.fromarray(np.zeros((8, 8), dtype=np.uint16)).save(folder / "a/deep.png")
    with pytest.raises(UserError) as error:
        read(folder, prepared)
    said = str(error.value)
    assert said.startswith("crafting.generated.folder: 2 of 4 images cannot be used (")
    assert said.endswith("): replace or remove them.")
    assert f"{folder}/a/2.JPG " in said
    assert f"; {folder}/a/deep.png has the pixel format I;16B, not 8 bits per channel" in said


def test_a_test_image_among_them_is_refused_a_training_image_is_not(prepared, folder):
    save(folder / "a/train.png", prepared.images[0])
    assert len(read(folder, prepared).pixels) == 4
    save(folder / "a/test.png", prepared.images[10])
    with pytest.raises(UserError, match=r"1 of 5 images are test images of the data set \(.*a/test\.png\)"):
        read(folder, prepared)


def test_a_missing_folder_and_sub_folder_are_told_with_what_is_there(folder):
    made, gone = GeneratedSettings(folder=str(folder)), GeneratedSettings(folder=str(folder / "gone"))
    assert made.of_class("a") == folder / "a"
    with pytest.raises(UserError, match=r"^crafting\.generated\.folder: .*/gone is no folder: correct"):
        gone.of_class("a")
    with pytest.raises(UserError, match=r"/made has no sub-folder 'c' .* \(there: a, b\): add it"):
        made.of_class("c")
    (folder / "c").mkdir()
    (folder / "c/notes.txt").touch()
    with pytest.raises(UserError, match=r"/made/c holds no images: place generated anomalies there"):
        made.of_class("c")


def weights(folder, own):
    settings = {
        "model": TINY_MODEL.model_dump(),
        "crafting": {"filter": {"epochs": 1, "width": 2}},
        "adversary": {"eps": 0.1, "steps": 1},
        "schedule": {"epochs": 2, "batch_size": 4, "warmup_epochs": 1},
    }
    trainer = Trainer(byte_images(10), DetectorSettings.model_validate(settings), 0, own)
    trainer.run(Scratch(folder, "cpu"))
    return trainer.network.state_dict()["backbone.conv1.weight"]


def test_training_draws_from_the_pool(tmp_path):
    without, drawn, again, other = (
        weights(tmp_path / str(number), own)
        for number, own in enumerate((None, pool(), pool(), Pool(255 - PIXELS, 1.0, "d2")))
    )
    assert torch.equal(drawn, again)
    assert not torch.equal(drawn, without)
    assert not torch.equal(drawn, other)
