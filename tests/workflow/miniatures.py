"""Small data sets of our own images, laid out and packed as the authors of the real ones do it."""

from collections import Counter

import numpy as np
from packing import idx_gz, matlab, pickled, tarred

from cobra.data.catalog import DATASETS
from cobra.data.readers.array_files import RELEASED_GROUPS

COLOURS = 6**3


class Miniature:
    """The files of a data set and what must be found of each image, which its colour tells apart."""

    def __init__(self):
        self.files = {}
        self.labels = {}
        self.used = 0

    def image(self, split, category, defect="", size=(48, 64), grey=False):
        """A new image [H, W(, 3)] of a colour of its own, black in the upper right."""
        colour = _colour(self.used, grey)
        self.used += 1
        if split is not None:  # else it must not be found at all
            self.labels[colour] = (split, category, defect)
        image = np.full((*size, 3), colour, dtype=np.uint8)
        image[: size[0] // 2, size[1] // 2 :] = 0
        return image[..., 0] if grey else image

    def counts(self):
        """Per class: training, normal test, defective test images."""
        numbers = Counter(
            (category, 0 if split == "train" else 1 + bool(defect))
            for split, category, defect in self.labels.values()
        )
        classes = dict.fromkeys(category for category, _ in numbers)
        return {name: [numbers[name, column] for column in range(3)] for name in classes}


def _colour(number, grey):
    assert number < COLOURS
    if grey:
        return (22 + 4 * number,) * 3
    return tuple(40 + 40 * (number // 6**place % 6) for place in range(3))


def _arrays(made, dataset, split, each, **form):
    """`each` images of every class, the classes in turn, and the classes' numbers."""
    classes = list(DATASETS[dataset].classes)
    numbers = np.arange(each * len(classes)) % len(classes)
    images = [made.image(split, classes[number], **form) for number in numbers]
    return np.stack(images), numbers.astype(np.uint8)


def idx(dataset):
    made = Miniature()
    for split, prefix, each in (("train", "train", 2), ("test", "t10k", 1)):
        images, numbers = _arrays(made, dataset, split, each, size=(28, 28), grey=True)
        made.files[f"{prefix}-images-idx3-ubyte.gz"] = idx_gz(images)
        made.files[f"{prefix}-labels-idx1-ubyte.gz"] = idx_gz(numbers)
    return made


def svhn():
    made = Miniature()
    for split, each in (("train", 2), ("test", 1)):
        images, numbers = _arrays(made, "svhn", split, each, size=(32, 32))
        digits = np.where(numbers == 0, 10, numbers)[:, None]
        made.files[f"{split}_32x32.mat"] = matlab(X=images.transpose(1, 2, 3, 0), y=digits)
    return made


def cifar_batch(images, **labels):
    """A batch: rows of all red, then all green, then all blue values."""
    rows = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    names = [b"image_%06d.png" % number for number in range(len(images))]
    numbers = {key.encode(): list(map(int, values)) for key, values in labels.items()}
    return pickled({b"batch_label": b"a batch", b"data": rows, b"filenames": names, **numbers})


def cifar10():
    made = Miniature()
    train, numbers = _arrays(made, "cifar10", "train", 2, size=(32, 32))
    batches = {
        f"data_batch_{number + 1}": cifar_batch(train[number::5], labels=numbers[number::5])
        for number in range(5)
    }
    test, numbers = _arrays(made, "cifar10", "test", 1, size=(32, 32))
    batches["test_batch"] = cifar_batch(test, labels=numbers)
    batches["batches.meta"] = pickled({b"label_names": [n.encode() for n in DATASETS["cifar10"].classes]})
    batches["readme.html"] = b"<html></html>"
    tree = {f"cifar-10-batches-py/{name}": content for name, content in batches.items()}
    made.files["cifar-10-python.tar.gz"] = tarred(tree, "gz")
    return made


def cifar100(dataset="cifar100"):
    made = Miniature()
    tree = {"cifar-100-python/file.txt~": b""}
    for split, each in (("train", 2), ("test", 1)):
        images, numbers = _arrays(made, dataset, split, each, size=(32, 32))
        is_released = dataset == "cifar100_released"
        coarse = 19 - numbers.astype(int) if is_released else numbers
        fine = [RELEASED_GROUPS[n][2] for n in numbers] if is_released else 5 * (19 - numbers.astype(int))
        tree[f"cifar-100-python/{split}"] = cifar_batch(images, coarse_labels=coarse, fine_labels=fine)
    names = [name.encode() for name in DATASETS["cifar100"].classes]
    tree["cifar-100-python/meta"] = pickled({b"coarse_label_names": names, b"fine_label_names": []})
    made.files["cifar-100-python.tar.gz"] = tarred(tree, "gz")
    return made


SMALL = {
    "mnist": lambda: idx("mnist"),
    "fmnist": lambda: idx("fmnist"),
    "svhn": svhn,
    "cifar10": cifar10,
    "cifar100": cifar100,
    "cifar100_released": lambda: cifar100("cifar100_released"),
}
