import numpy as np
import pytest
import torch

from cobra.data.one_class import as_unit, testing_images, training_images
from cobra.data.store import Prepared
from cobra.errors import UserError
from cobra.settings.data import TestSubset, TrainingSubset

TRAIN, TEST = "abbabc", "abcabcccdd"


@pytest.fixture
def prepared(identity):
    names = np.array(list(TRAIN + TEST))
    images = np.random.default_rng(0).integers(0, 256, (len(names), 4, 5, 3), dtype=np.uint8)
    splits = np.array(["train"] * len(TRAIN) + ["test"] * len(TEST))
    return Prepared(images, splits, names, identity)


def test_training_sees_the_normal_training_images_alone(prepared):
    images = training_images(prepared, "b", TrainingSubset())
    assert images.ids.tolist() == [1, 2, 4]
    assert len(images) == 3
    np.testing.assert_array_equal(images.pixels.permute(0, 2, 3, 1), prepared.images[[1, 2, 4]])
    assert training_images(prepared, "b", TrainingSubset(limit=2)).ids.tolist() == [1, 2]


def test_all_other_classes_are_anomalies_at_test_time(prepared):
    test = testing_images(prepared, "a", TestSubset())
    assert sorted(test.images.ids.tolist()) == list(range(len(TRAIN), len(TRAIN + TEST)))
    for image_id, is_anomaly, name in zip(test.images.ids, test.is_anomaly, test.class_names, strict=True):
        assert name == prepared.class_names[image_id]
        assert is_anomaly == (name != "a")
    np.testing.assert_array_equal(test.images.pixels.permute(0, 2, 3, 1), prepared.images[test.images.ids])


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


def test_a_test_set_without_a_group_is_refused(prepared, identity):
    with pytest.raises(UserError, match="'x' has 0 normal and 10 anomalous test images: both groups"):
        testing_images(prepared, "x", TestSubset())
    only = Prepared(prepared.images[:4], np.array(["test"] * 4), np.array(["a"] * 4), identity)
    with pytest.raises(UserError, match="'a' has 4 normal and 0 anomalous"):
        testing_images(only, "a", TestSubset())


def test_bytes_become_the_floats_from_0_to_1():
    unit = as_unit(torch.arange(256, dtype=torch.uint8))
    assert unit.dtype == torch.float32
    assert (unit[0], unit[255]) == (0, 1)
    assert torch.equal((unit * 255).round().byte(), torch.arange(256, dtype=torch.uint8))
