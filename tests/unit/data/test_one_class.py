import numpy as np
import pytest
import torch

from cobra.data.one_class import as_unit, testing_images, training_images
from cobra.data.prepared import Prepared, image_digest
from cobra.data.settings import TestSubset, TrainingSubset
from cobra.errors import UserError

TRAIN, TEST = "abbabc", "abcabcccdd"


def made(folder, identity, protocol, train, test, defects=None):
    """Prepared data of random images: a letter per image, in `defects` a dot where there is none."""
    names = np.array(list(train + test))
    images = np.random.default_rng(0).integers(0, 256, (len(names), 4, 5, 3), dtype=np.uint8)
    np.save(folder / "images.npy", images)
    return Prepared(
        path=folder / "images.npy",
        splits=np.array(["train"] * len(train) + ["test"] * len(test)),
        categories=names,
        defects=np.array([defect.strip(".") for defect in defects or "." * len(names)]),
        image_digests=[image_digest(image) for image in images],
        identity=identity.model_copy(update={"settings": {"protocol": protocol}}),
    )


@pytest.fixture
def prepared(tmp_path, identity):
    return made(tmp_path, identity, "one_vs_rest", TRAIN, TEST)


def test_training_sees_the_normal_training_images_alone(prepared):
    images = training_images(prepared, "b", TrainingSubset())
    assert images.ids.tolist() == [1, 2, 4]
    assert len(images) == 3
    np.testing.assert_array_equal(images.pixels[:].permute(0, 2, 3, 1), prepared.images[[1, 2, 4]])
    assert training_images(prepared, "b", TrainingSubset(limit=2)).ids.tolist() == [1, 2]


def test_all_other_classes_are_anomalies_at_test_time(prepared):
    test = testing_images(prepared, "a", TestSubset())
    assert sorted(test.images.ids.tolist()) == list(range(len(TRAIN), len(TRAIN + TEST)))
    for image_id, is_anomaly, name in zip(test.images.ids, test.is_anomaly, test.class_names, strict=True):
        assert name == prepared.categories[image_id]
        assert is_anomaly == (name != "a")
    pixels = test.images.pixels[:].permute(0, 2, 3, 1)
    np.testing.assert_array_equal(pixels, prepared.images[test.images.ids.numpy()])


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(1, "b"), (3, "bcd"), (6, "bbccdd"), (7, "bbcccdd"), (100, "bbccccdd")],
)
def test_a_limit_takes_the_classes_in_turn(prepared, limit, expected):
    test = testing_images(prepared, "a", TestSubset(normal_limit=1, anomaly_limit=limit))
    assert "".join(test.class_names[:1]) == "a"
    assert "".join(sorted(test.class_names[1:])) == expected


@pytest.mark.parametrize(
    ("normal", "sentence"),
    [("c", "'c' has 1 training images where at least 2"), ("x", "'x' has 0 training images")],
)
def test_too_few_training_images_are_refused(prepared, normal, sentence):
    with pytest.raises(UserError, match=sentence):
        training_images(prepared, normal, TrainingSubset())


def test_a_test_set_without_a_group_is_refused(prepared, tmp_path, identity):
    with pytest.raises(UserError, match="'x' has 0 normal and 10 anomalous test images: both groups"):
        testing_images(prepared, "x", TestSubset())
    only = made(tmp_path, identity, "one_vs_rest", "", "aaaa")
    with pytest.raises(UserError, match="'a' has 4 normal and 0 anomalous"):
        testing_images(only, "a", TestSubset())


def test_the_anomalies_of_a_category_are_its_own_defects(tmp_path, identity):
    products = made(tmp_path, identity, "defects", "aaabb", "aaaabbbb", "....." + ".xyx" + "..zz")
    assert training_images(products, "a", TrainingSubset()).ids.tolist() == [0, 1, 2]
    test = testing_images(products, "a", TestSubset())
    assert test.class_names == ["good", "x", "y", "x"]
    assert test.is_anomaly.tolist() == [False, True, True, True]
    assert test.images.ids.tolist() == [5, 6, 7, 8]  # the kinds in turn
    assert testing_images(products, "b", TestSubset()).class_names == ["good", "good", "z", "z"]


def test_an_image_that_is_not_what_was_prepared_is_refused(prepared):
    np.load(prepared.path, mmap_mode="r+")[2] ^= 1  # a training image of b
    assert len(training_images(prepared, "a", TrainingSubset())) == 2
    with pytest.raises(UserError, match=r"images\.npy is damaged at image 2: remove it and prepare the data"):
        training_images(prepared, "b", TrainingSubset())


def test_bytes_become_the_floats_from_0_to_1():
    unit = as_unit(torch.arange(256, dtype=torch.uint8))
    assert unit.dtype == torch.float32
    assert (unit[0], unit[255]) == (0, 1)
    assert torch.equal((unit * 255).round().byte(), torch.arange(256, dtype=torch.uint8))
