"""The data sets that exist: a table to read, one entry each. Import-light: the workflow parses it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

MNIST_LICENCE = "CC BY-SA 3.0 (Y. LeCun, C. Cortes, C. Burges)"


@dataclass(frozen=True, kw_only=True)
class File:
    """A file to be placed by hand; `md5` is that of the content after any .gz is undone."""

    name: str
    md5: str


@dataclass(frozen=True, kw_only=True)
class DatasetEntry:
    """One data set: its classes, the form it is used in, where it comes from.

    `resolution` is the side in pixels and `eps` the l-inf budget in [0, 1] pixels; `fit` says how
    smaller images reach the resolution; `flips` whether a mirror image is still of the same class.
    `expected` holds the number of images per split, in all classes together.
    """

    title: str
    classes: tuple[str, ...]
    reader: Literal["digits", "idx"]
    resolution: int
    eps: float
    fit: Literal["resize", "pad"]
    flips: bool
    licence: str
    citation: str
    expected: dict[str, int]
    files: tuple[File, ...] = field(default=())
    homepage: str = ""


DIGITS = tuple("0123456789")

DATASETS: dict[str, DatasetEntry] = {
    "digits": DatasetEntry(
        title="Optical digits (scikit-learn)",
        classes=DIGITS,
        reader="digits",
        resolution=16,
        eps=0.1,  # ours: the paper has no such data
        fit="resize",
        flips=False,
        licence="CC BY 4.0",
        citation="Alpaydin, Kaynak: Optical Recognition of Handwritten Digits. UCI, 1998.",
        expected={"train": 1258, "test": 539},
    ),
    "mnist": DatasetEntry(
        title="MNIST",
        classes=DIGITS,
        reader="idx",
        resolution=32,
        eps=4 / 255,
        fit="pad",
        flips=False,
        licence=MNIST_LICENCE,
        citation="LeCun, Cortes, Burges: The MNIST database of handwritten digits, 1998.",
        expected={"train": 60_000, "test": 10_000},
        files=(
            File(name="train-images-idx3-ubyte", md5="6bbc9ace898e44ae57da46a324031adb"),
            File(name="train-labels-idx1-ubyte", md5="a25bea736e30d166cdddb491f175f624"),
            File(name="t10k-images-idx3-ubyte", md5="2646ac647ad5339dbf082846283269ea"),
            File(name="t10k-labels-idx1-ubyte", md5="27ae3e4e09519cfbb04c329615203637"),
        ),
        homepage="http://yann.lecun.com/exdb/mnist/",
    ),
    "fmnist": DatasetEntry(
        title="Fashion-MNIST",
        classes=(
            "tshirt", "trouser", "pullover", "dress", "coat",
            "sandal", "shirt", "sneaker", "bag", "ankle_boot",
        ),
        reader="idx",
        resolution=32,
        eps=4 / 255,
        fit="pad",
        flips=True,
        licence="MIT (Zalando SE)",
        citation="Xiao, Rasul, Vollgraf: Fashion-MNIST. arXiv:1708.07747, 2017.",
        expected={"train": 60_000, "test": 10_000},
        files=(
            File(name="train-images-idx3-ubyte", md5="f4a8712d7a061bf5bd6d2ca38dc4d50a"),
            File(name="train-labels-idx1-ubyte", md5="9018921c3c673c538a1fc5bad174d6f9"),
            File(name="t10k-images-idx3-ubyte", md5="8181f5470baa50b63fa0f6fddb340f0a"),
            File(name="t10k-labels-idx1-ubyte", md5="15d484375f8d13e6eb1aabb0c3f46965"),
        ),
        homepage="https://github.com/zalandoresearch/fashion-mnist",
    ),
}  # fmt: skip


def dropped_files(dataset: str, folder: Path) -> list[Path]:
    """The files of `dataset` in its drop `folder`, plain or .gz; FileNotFoundError names the missing."""
    found, missing = [], []
    for file in DATASETS[dataset].files:
        candidates = [folder / file.name, folder / f"{file.name}.gz"]
        present = [path for path in candidates if path.is_file()]
        found += present[:1]
        missing += [] if present else [file.name]
    if missing:
        raise FileNotFoundError(
            f"{dataset}: {', '.join(missing)} (or .gz) not found in {folder}: "
            f"place the files there by hand (source: {DATASETS[dataset].homepage})."
        )
    return found
