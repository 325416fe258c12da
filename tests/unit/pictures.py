"""Image files, raw images and preparation settings small enough for a test."""

import numpy as np
from PIL import Image

from cobra.data.raw import Label, RawImages
from cobra.data.settings import PreparationSettings


def preparation(classes, reader="class_folders", protocol="one_vs_rest", resolution=8, **others):
    return PreparationSettings(
        reader=reader, protocol=protocol, classes=list(classes), resolution=resolution, **others
    )


def save(path, pixels=5, side=6):
    """An image file of `pixels`, or of one colour; its folder is made."""
    array = np.full((side, side), pixels, dtype=np.uint8) if np.ndim(pixels) < 2 else pixels
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)
    return path


def save_all(root, names):
    """An image file per name below `root`, each of a grey of its own: its place in the list."""
    for grey, name in enumerate(names):
        save(root / name, grey)
    return root


def label(text):
    """A label from "train a", "test a" or "test a defect"; its source is the text."""
    split, category, defect = [*text.split(), ""][:3]
    return Label(split, category, defect, text)


def raw_images(texts, side=8):
    """Images of random pixels with the labels that the texts say."""
    images = np.random.default_rng(len(texts)).integers(0, 256, (len(texts), side, side), dtype=np.uint8)
    return RawImages([label(text) for text in texts], images.__getitem__)


def places(raw):
    """Of each image: split, class, defect, and where it came from."""
    return [tuple(found) for found in raw.labels]


def greys(raw):
    """The first pixel of each image."""
    return [raw.load(number).ravel()[0] for number in range(len(raw.labels))]
