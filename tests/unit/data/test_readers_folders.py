import re

import numpy as np
import pytest
from pictures import greys, places, preparation, save, save_all

from cobra.data.readers import read_raw
from cobra.data.readers.image_folders import SYNSETS
from cobra.errors import UserError


def read(root, reader, classes, **settings):
    protocol = "one_vs_rest" if reader in ("class_folders", "imagenet30") else "defects"
    return read_raw(root, preparation(classes, reader, protocol, **settings))


def refusal(root, reader, classes, **settings):
    with pytest.raises(UserError) as caught:
        read(root, reader, classes, **settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


MVTEC = [
    "a/train/good/0.png",
    "a/train/good/1.png",
    "a/test/bent/0.png",
    "a/test/good/0.png",
    "b/train/good/0.png",
]
STRAY = [
    "a/ground_truth/bent/0_mask.png",
    "a/train/bad/0.png",
    "a/0.png",
    "a/test/good/._0.png",
    "c/train/good/0.png",
]


@pytest.mark.parametrize("above", [".", "mvtec"])
def test_categories_are_read_with_their_defects(tmp_path, above):
    save_all(tmp_path / above, MVTEC + STRAY)
    raw = read(tmp_path, "defect_folders", ["b", "a", "gone"])  # in the order of the settings
    assert places(raw) == [
        ("train", "b", "", "b/train/good/0.png"),
        ("train", "a", "", "a/train/good/0.png"),
        ("train", "a", "", "a/train/good/1.png"),
        ("test", "a", "bent", "a/test/bent/0.png"),
        ("test", "a", "", "a/test/good/0.png"),
    ]
    assert greys(raw) == [4, 0, 1, 2, 3]


def test_a_single_category_may_lie_at_the_top(tmp_path):
    save_all(tmp_path, ["train/good/0.png", "test/good/0.png", "test/hole/0.png"])
    assert places(read(tmp_path, "defect_folders", ["mine"])) == [
        ("train", "mine", "", "mine/train/good/0.png"),
        ("test", "mine", "", "mine/test/good/0.png"),
        ("test", "mine", "hole", "mine/test/hole/0.png"),
    ]


def test_no_known_category_at_all_is_a_sentence(tmp_path):
    save_all(tmp_path, ["c/train/good/0.png", "train/good/0.png"])
    assert refusal(tmp_path, "defect_folders", ["a", "b"]) == (
        f"{tmp_path} has no <category>/train/good for any of a, b: place the data in MVTec AD's layout."
    )


def test_published_class_folders_are_kept(tmp_path):
    save_all(
        tmp_path,
        ["test/a/0.png", "train/a/0.png", "train/b/1.JPG", "train/b/0.jpeg", "train/c/0.png", "x.png"],
    )
    assert places(read(tmp_path, "class_folders", "ba")) == [
        ("train", "b", "", "train/b/0.jpeg"),
        ("train", "b", "", "train/b/1.JPG"),
        ("train", "a", "", "train/a/0.png"),
        ("test", "a", "", "test/a/0.png"),
    ]


@pytest.mark.parametrize(("share", "trained"), [(0.5, 5), (0.7, 7), (0.04, 0), (0.96, 10)])
def test_without_a_test_folder_a_share_of_each_class_trains(tmp_path, share, trained):
    save_all(tmp_path, [f"{name}/{number}.png" for name in "ab" for number in range(10)])
    raw = read(tmp_path, "class_folders", "ab", train_share=share)
    for name in "ab":
        splits = [label.split for label in raw.labels if label.category == name]
        assert (splits.count("train"), len(splits)) == (trained, 10)
    assert sorted(label.source for label in raw.labels) == sorted(
        f"{name}/{number}.png" for name in "ab" for number in range(10)
    )


def test_a_larger_share_trains_on_all_that_a_smaller_one_does(tmp_path):
    save_all(tmp_path, [f"a/{number}.png" for number in range(20)])
    small, large = (
        {label.source for label in read(tmp_path, "class_folders", "a", train_share=share).labels
         if label.split == "train"}
        for share in (0.3, 0.6)
    )  # fmt: skip
    assert small < large
    assert small != {f"a/{number}.png" for number in range(6)}  # drawn, not the first ones


@pytest.mark.parametrize("folders", [
    ("one_class_train", "one_class_test"), ("x/one_class_train", "y/one_class_test"),
    ("ImageNet-30-train", "ImageNet-30-test"), ("train", "test"),
])  # fmt: skip
def test_imagenet_classes_are_found_by_name_or_synset_at_any_depth(tmp_path, folders):
    train, test = folders
    save_all(tmp_path / train, ["acorn/0.JPEG", f"{SYNSETS['tank']}/1.JPEG", "zebra/2.JPEG"])
    save_all(tmp_path / test, ["acorn/images/3.JPEG", "tank/4.JPEG", "tank/.5.JPEG"])
    ends = [folder.split("/")[-1] for folder in folders]
    assert places(read(tmp_path, "imagenet30", ["acorn", "tank"])) == [
        ("train", "acorn", "", f"{ends[0]}/acorn/0.JPEG"),
        ("train", "tank", "", f"{ends[0]}/n04389033/1.JPEG"),
        ("test", "acorn", "", f"{ends[1]}/acorn/images/3.JPEG"),
        ("test", "tank", "", f"{ends[1]}/tank/4.JPEG"),
    ]


def test_a_missing_imagenet_class_is_a_sentence(tmp_path):
    save_all(tmp_path, ["one_class_train/acorn/0.png", "one_class_test/acorn/0.png"])
    assert refusal(tmp_path, "imagenet30", ["acorn", "tank"]) == (
        f"{tmp_path}/one_class_train has no folder tank or n04389033: place all 30 classes."
    )


# Scenes of 100 pixels: how many are anomalous, and what becomes of the scene.
SCENES = {
    "a": (0, ""),
    "b": (4, ""),
    "c": (5, None),
    "d": (10, None),
    "e": (11, "covered"),
    "f": (100, "covered"),
}
COVERAGE = {"labels": ["person", "bicycle"], "normal_below": 0.05, "anomalous_above": 0.10}


def place_cityscapes(root, scenes=SCENES, part="train"):
    """Of the anomalous pixels, half are people (24), half bicycles (33); all others are cars (26)."""

    for name, (covered, _) in scenes.items():
        truth = np.full(100, 26, dtype=np.uint8)
        truth[:covered] = np.where(np.arange(covered) % 2, 24, 33)
        save(root / f"gtFine/{part}/city/{name}_gtFine_labelIds.png", truth.reshape(10, 10))
        save(root / f"leftImg8bit/{part}/city/{name}_leftImg8bit.png")


def test_scenes_are_normal_anomalous_or_left_out_by_coverage(tmp_path):
    place_cityscapes(tmp_path)
    place_cityscapes(tmp_path, part="val")
    place_cityscapes(tmp_path, part="test")  # its labels are no labels
    found = places(read(tmp_path, "cityscapes", ["scenes"], coverage=COVERAGE, train_share=0.5))
    kept = [(name, defect) for name, (_, defect) in SCENES.items() if defect is not None]
    assert [(category, defect, source) for _, category, defect, source in found] == [
        ("scenes", defect, f"leftImg8bit/{part}/city/{name}_leftImg8bit.png")
        for part in ("train", "val") for name, defect in kept
    ]  # fmt: skip
    assert [split for split, _, defect, _ in found if defect] == ["test"] * 4
    assert sorted(split for split, _, defect, _ in found if not defect) == ["test"] * 2 + ["train"] * 2


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_a_share_of_the_normal_scenes_trains(tmp_path, share):
    place_cityscapes(tmp_path, {str(number): (0, "") for number in range(10)})
    found = places(read(tmp_path, "cityscapes", ["scenes"], coverage=COVERAGE, train_share=share))
    assert [split for split, *_ in found].count("train") == 10 * share


def test_cityscapes_without_what_it_needs_is_a_sentence(tmp_path):
    place_cityscapes(tmp_path, {"a": (0, "")})
    assert refusal(tmp_path, "cityscapes", ["scenes"]) == (
        "Cityscapes needs datasets.cityscapes.coverage: the labels that make a scene anomalous."
    )
    unknown = COVERAGE | {"labels": ["person", "dog", "cat"]}
    said = refusal(tmp_path, "cityscapes", ["scenes"], coverage=unknown)
    assert said.startswith(
        "datasets.cityscapes.coverage.labels names dog, cat, no label of Cityscapes: choose among unlabeled, "
    )
    truth = tmp_path / "gtFine/train/city/a_gtFine_labelIds.png"
    truth.unlink()
    said = refusal(tmp_path, "cityscapes", ["scenes"], coverage=COVERAGE)
    assert re.fullmatch(rf"{truth}: does not exist: place a whole gtFine_trainvaltest\.zip\.", said)
    (tmp_path / "leftImg8bit/train/city/a_leftImg8bit.png").unlink()
    assert refusal(tmp_path, "cityscapes", ["scenes"], coverage=COVERAGE) == (
        f"{tmp_path}/leftImg8bit has no train/<city>/*_leftImg8bit.png: place leftImg8bit_trainvaltest.zip."
    )
