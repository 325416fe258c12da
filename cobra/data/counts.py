"""How many images there are against how many there should be."""

from collections import Counter
from collections.abc import Iterable, Sequence

from cobra.data.raw import Label
from cobra.data.settings import PreparationSettings
from cobra.errors import UserError

COLUMNS = ("training", "normal test", "defective test")


def count(labels: Iterable[Label]) -> dict[str, tuple[int, int, int]]:
    """Per class: training, normal test and defective test images."""
    numbers = Counter((label.category, _column(label)) for label in labels)
    classes = dict.fromkeys(category for category, _ in numbers)
    return {name: (numbers[name, 0], numbers[name, 1], numbers[name, 2]) for name in classes}


def require_complete(labels: Sequence[Label], settings: PreparationSettings, needed: Iterable[str]) -> None:
    """Raise UserError if a class lacks what training and testing it take.

    Under "one_vs_rest" that goes for all classes, for each is an anomaly of the others; under "defects" for
    those `needed`.
    """
    defects = settings.protocol == "defects"
    counts = count(labels)
    columns = COLUMNS if defects else COLUMNS[:2]
    for name in needed if defects else settings.classes:
        found = dict(zip(COLUMNS, counts.get(name, (0, 0, 0)), strict=True))
        if empty := [column for column in columns if found[column] == 0]:
            remedy = " or leave that class out" if defects else ""
            raise UserError(
                f"Class {name!r} has no {' and no '.join(empty)} image: place the complete data set{remedy}."
            )


def deviations(labels: Sequence[Label], settings: PreparationSettings) -> list[str]:
    """The classes, in words, that have images but not as many as are published."""
    counts = count(labels)
    return [
        f"{name} has {'/'.join(map(str, counts[name]))} training/normal test/defective test images "
        f"(published: {'/'.join(map(str, published))})"
        for name, published in settings.expected.items()
        if published is not None and name in counts and counts[name] != tuple(published)
    ]


def leaks(labels: Sequence[Label], digests: Sequence[str]) -> list[str]:
    """How many test images are, pixel by pixel, training images too, and how many images have the pixels of
    one that is labelled otherwise; in words.
    """
    pairs = list(zip(labels, digests, strict=True))
    trained = {digest for label, digest in pairs if label.split == "train"}
    leaked = [label for label, digest in pairs if label.split == "test" and digest in trained]
    named: dict[str, tuple[str, str]] = {}
    twice = [
        label for label, digest in pairs
        if named.setdefault(digest, (label.category, label.defect)) != (label.category, label.defect)
    ]  # fmt: skip
    remarks = {
        "test images are training images too": leaked,
        "images are in the data under another label": twice,
    }
    return [f"{len(its)} {what} (the first: {its[0].source})" for what, its in remarks.items() if its]


def _column(label: Label) -> int:
    if label.split == "train":
        return 0
    return 2 if label.defect else 1
