"""Data that are not what they should be: each fault is told in one sentence, and nothing half-made stays."""

import os

import numpy as np
import pytest
from faults import assert_nothing_made, lay_out, prepare, sentence
from miniatures import SMALL, cifar_batch
from packing import idx_gz, matlab, noise, pickled, png
from photographs import PHOTOGRAPHS
from spoiling import changed, cut, holding, moved, together, without

BUILDERS = SMALL | PHOTOGRAPHS
NEEDED = {"mvtec": ["bottle"], "visa": ["pcb1"], "dagm": ["Class1"], "cityscapes": ["scenes"]}
LAYOUT = "place the data in the layout that its authors distribute"
PLACE = "place the complete data set"
OFFICIAL = "place the official file"
WHOLE = "place a whole copy there"
COPY = "place a correct copy there"

LISTING = "split_csv/1cls.csv"
CUT_OFF = b"object,split,label,image,mask\ncandle,train,norm"
LABELS = "Class3/Test/Label/Labels.txt"
TRUTH = "ISIC2018_Task3_{0}_GroundTruth/ISIC2018_Task3_{0}_GroundTruth.csv".format("Training")
LESION = "ISIC2018_Task3_Validation_Input/ISIC_0000003.jpg"
BANJOS = "one_class_test/banjo"
SCENE = "gtFine/val/munster/munster_000003_000019_gtFine_labelIds.png"
BATCH = "cifar-10-batches-py/data_batch_2"
PIXELS = np.zeros((4, 32, 32, 3), dtype=np.uint8)
SIXTEEN_BITS = png(np.full((48, 64), 40_000, dtype=np.uint16))
IDX, SVHN = "train-labels-idx1-ubyte.gz", "train_32x32.mat"
ELEVEN = {SVHN: matlab(X=np.zeros((32, 32, 3, 12), np.uint8), y=np.array([*range(1, 12), 1])[:, None])}
NOT_FOUND = b"<html><body>404 Not Found</body></html>"
HDF5 = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + b"\x89HDF\r\n\x1a\n" + bytes(500)

pytestmark = pytest.mark.workflow


class Executed:
    """Unpickled without care it leaves a file behind."""

    def __reduce__(self):
        return os.system, ("touch executed",)


def batch(content):
    """CIFAR-10 with another second batch."""
    return holding({BATCH: content})


THREE_BAD = together(
    cut("bottle/train/good/000.png", 90),
    holding({"bottle/test/good/004.png": b"no image", "metal_nut/test/flip/005.png": SIXTEEN_BITS}),
)

# The data set, what is done to its folder, and what the sentence must hold: what is wrong, where, what to do.
FAULTS = {
    # images
    "several images damaged": (
        "mvtec", THREE_BAD,
        ("3 of 23 images", "good/000.png", "good/004.png", "flip/005.png", "replace or remove them"),
    ),
    "16 bits": (
        "mvtec", holding({"grid/test/good/003.png": SIXTEEN_BITS}),
        ("grid/test/good/003.png has the pixel format I;16B, not 8 bits", "replace or remove"),
    ),
    "an image listed and absent": ("isic2018", without(LESION), (LESION, "replace")),
    # classes
    "no training images": ("mvtec", without("*/train"), ("'bottle' has no training image", PLACE)),
    "no defects": (
        "mvtec", without("bottle/test/[bc]*"),
        ("Class 'bottle' has no defective test image", PLACE, "or leave that class out"),
    ),
    "no category": (
        "mvtec", together(moved("bottle", "a/b/c"), without("grid", "metal_nut")),
        ("no <category>/train/good for any of carpet", "place the data in MVTec AD's layout"),
    ),
    "an empty class": ("imagenet30", without(f"{BANJOS}/*"), ("'banjo' has no normal test image", PLACE)),
    "a class missing": ("imagenet30", without(BANJOS), ("one_class_test has no folder banjo", "all 30")),
    # lists of labels
    "VisA without its split": ("visa", without("split_csv"), (f"manual/visa has no {LISTING}", LAYOUT)),
    "VisA with an unknown object": (
        "visa", changed(LISTING, b"pcb1,test", b"pcb9,test"),
        ("1cls.csv: line 12 has the object 'pcb9'", OFFICIAL),
    ),
    "VisA without a column": (
        "visa", changed(LISTING, b"label", b"lable"), ("1cls.csv has no column label", OFFICIAL)
    ),
    "VisA's split cut off": ("visa", holding({LISTING: CUT_OFF}), ("1cls.csv: line 2", OFFICIAL)
    ),
    "VisA's split no text": ("visa", holding({LISTING: noise(300)}), (LISTING, OFFICIAL)),
    "DAGM without labels": ("dagm", without(LABELS), (f"{LABELS} does not exist", "place DAGM")),
    "DAGM with a line astray": (
        "dagm", changed(LABELS, b"1\t0\t0001.PNG", b"1\tx\t0001.PNG"), (f"{LABELS}: line 2", OFFICIAL)
    ),
    "DAGM with an image more": (
        "dagm", holding({"Class3/Test/0009.PNG": SIXTEEN_BITS}), ("Class3/Test/0009.PNG is not in", PLACE)
    ),
    "DAGM's labels no text": ("dagm", holding({LABELS: noise(300)}), (LABELS, OFFICIAL)),
    "DAGM without a texture": ("dagm", without("Class7"), ("has no Class7/Train", "place DAGM 2007")),
    "ISIC without a column": (
        "isic2018", changed(TRUTH, b"BKL", b"B"), (f"{TRUTH} has no column BKL", OFFICIAL)
    ),
    "ISIC with two diagnoses": (
        "isic2018", changed(TRUTH, b"1.0,0.0", b"1.0,1.0"),
        (f"{TRUTH}: line 2 (ISIC_0000000) has 2 diagnoses", OFFICIAL),
    ),
    "ISIC's truth no text": ("isic2018", holding({TRUTH: noise(300)}), (TRUTH, OFFICIAL)),
    "a scene without labels": ("cityscapes", without(SCENE), (SCENE, "place a whole gtFine_train")),
    "no scenes": (
        "cityscapes", without("leftImg8bit/*"),
        ("leftImg8bit has no train", "place leftImg8bit_trainvaltest.zip"),
    ),
    # arrays
    "a pickle that runs a program": ("cifar10", batch(pickled(Executed())), (BATCH, "posix.system", COPY)),
    "a pickle cut off": ("cifar10", cut(BATCH, 5000), (BATCH, COPY)),
    "a pickle of something else": ("cifar10", batch(pickled({b"data": [1]})), (BATCH, COPY)),
    "a batch missing": ("cifar10", without(BATCH), (f"has no {BATCH}", LAYOUT)),
    "labels out of range": (
        "cifar10", batch(cifar_batch(PIXELS, labels=[0, 1, 2, 10])),
        ("train split has labels outside 0-9", "place the right files"),
    ),
    "fewer labels than images": (
        "mnist", holding({IDX: idx_gz(np.zeros(19, dtype=np.uint8))}), ("20 images and 19 labels", PLACE)
    ),
    "an IDX file cut off": ("mnist", cut(IDX, 30), (f"{IDX} cannot be read", WHOLE)),
    "no IDX file": ("mnist", holding({IDX: noise(99)}), (f"{IDX} cannot be read", WHOLE)),
    "no MATLAB file": ("svhn", holding({SVHN: noise(5000)}), (SVHN, COPY)),
    "a MATLAB file cut off": ("svhn", cut(SVHN, 400), (SVHN, COPY)),
    "a web page": ("svhn", holding({SVHN: NOT_FOUND}), (SVHN, COPY)),
    "a MATLAB file of version 7.3": ("svhn", holding({SVHN: HDF5}), (SVHN, COPY)),
    "a label that is no digit": ("svhn", holding(ELEVEN), ("labels", SVHN, "place")),
}  # fmt: skip


@pytest.mark.parametrize(("dataset", "spoil", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_in_the_data_is_told_in_a_sentence(fresh, dataset, spoil, words):
    drop = lay_out(fresh, dataset, BUILDERS[dataset]())
    spoil(fresh / drop)
    said = sentence(prepare(fresh, dataset, drop, needed=NEEDED.get(dataset, [])))
    assert all(word in said for word in words), said
    assert_nothing_made(fresh)
    assert not (fresh / "executed").exists()


def test_other_numbers_of_images_than_published_are_refused_if_that_is_wished(fresh):
    drop = lay_out(fresh, "mvtec", BUILDERS["mvtec"]())
    said = sentence(prepare(fresh, "mvtec", drop, needed=["bottle"], counts="error"))
    assert "bottle has 3/2/4 training/normal test/defective test images (published: 209/20/63)" in said
    assert said.endswith("place the complete data set, or set data.counts to warn.")
    assert_nothing_made(fresh)


def test_other_numbers_of_images_than_published_are_else_a_warning(fresh):
    drop = lay_out(fresh, "mvtec", BUILDERS["mvtec"]())
    done = prepare(fresh, "mvtec", drop, needed=["bottle"])
    assert done.returncode == 0
    assert "warning: bottle has 3/2/4" in done.stderr
