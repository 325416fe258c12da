"""What is known of a data set before a byte of it is read."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from cobra.data.settings import Fit, Protocol

Classes = dict[str, "Counts | None"]


class Counts(NamedTuple):
    """Images of one class: normal ones to train on, normal ones to test on, defective ones to test on."""

    train: int
    test: int
    defective: int = 0


@dataclass(frozen=True, kw_only=True)
class File:
    """A file as its authors distribute it.

    `urls` are tried in order; none: the file is placed by hand. `size` is in bytes. Checksums are written
    "md5:..." or "sha256:..."; None where none is published. `content` is the checksum of what a .gz
    holds, so that a copy packed anew, or not at all, serves as well. What is unpacked goes into the
    subfolder `into`. A file that belongs to one of several test parts alone names it in `part`.
    """

    name: str
    urls: tuple[str, ...] = ()
    size: int | None = None
    checksum: str | None = None
    content: str | None = None
    into: str = ""
    part: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which a copy is known: without .gz, too, where the content is."""
        return (self.name, self.name.removesuffix(".gz")) if self.content else (self.name,)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A form in which a data set comes: its files, and who reads them, a name in `cobra.data.readers`."""

    reader: str
    files: tuple[File, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DatasetEntry:
    """One data set: its classes, the form it is used in, where it comes from.

    Under "one_vs_rest" all other classes are a class's anomalies; under "defects" a class (category) has
    good and defective images of its own. `classes` maps each to its published counts (None: unknown);
    `normal` are the classes that are normal in turn, where not all are. `layouts` has the distributed form
    first. `group` is the paper's; `resolution` is the side in pixels; `fit` says how images reach it; `flips`
    whether a mirror image is still of the same class. `eps` is the l-inf budget in [0, 1] pixels. `detector`
    holds training settings that the data ask for, `class_detector` those that single classes ask for, and
    `options` settings of preparation. `test_parts` are the published parts one may test on with their counts,
    the usual one first. `access` says whether anyone may fetch the files, whoever accepts the licence, or
    only a person by hand; `folder` is where a user keeps the data.
    """

    title: str
    protocol: Protocol
    classes: Classes
    normal: tuple[str, ...] | None = None
    layouts: tuple[Layout, ...]
    group: Literal["low", "high"]
    resolution: int
    eps: float
    fit: Fit = "resize"
    flips: bool
    split: str
    test_parts: dict[str, Classes] = field(default_factory=dict)
    access: Literal["embedded", "free", "licence", "by hand", "own"]
    licence: str
    citation: str
    homepage: str
    detector: dict[str, Any] = field(default_factory=dict)
    class_detector: dict[str, dict[str, Any]] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    folder: str | None = None

    @property
    def paper_eps(self) -> float:
        """The paper's l-inf budget for data of this resolution."""
        return float((LOW if self.group == "low" else HIGH)["eps"])

    @property
    def files(self) -> tuple[File, ...]:
        """The files of the distributed form."""
        return self.layouts[0].files

    @property
    def test_part(self) -> str | None:
        """The part usually tested on, where several are published."""
        return next(iter(self.test_parts), None)

    def tested_on(self, part: str | None) -> "DatasetEntry":
        """The entry with the counts of that test part (None: the only one), without others' files."""
        if part is None:
            return self
        layouts = tuple(
            replace(layout, files=tuple(file for file in layout.files if file.part in (None, part)))
            for layout in self.layouts
        )
        return replace(self, layouts=layouts, classes=self.test_parts[part])


LOW: dict[str, Any] = {"group": "low", "resolution": 32, "eps": 4 / 255}
HIGH: dict[str, Any] = {"group": "high", "resolution": 224, "eps": 2 / 255}

# Crafting for data in which an image turned by 90 degrees is as normal as it was.
NO_ROTATION = dict.fromkeys(("cut_permute", "cutout", "cutpaste", "scar", "elastic"), 1.0)


def high_detector(images_per_epoch: int | None = None, **hard: Any) -> dict[str, Any]:
    """The ImageNet stem, repetition of small training sets, and departures in crafting; a step of the paper's
    batch of such images fits into 24 GB only if it keeps little (docs/performance.md).
    """
    found: dict[str, Any] = {"model": {"stem": "high"}, "schedule": {"recompute": True}}
    if images_per_epoch:
        found["schedule"]["images_per_epoch"] = images_per_epoch
    return found | ({"crafting": {"hard": hard}} if hard else {})


def read_by(reader: str, *files: File) -> tuple[Layout]:
    """The layouts of a data set that comes in one form."""
    return (Layout(reader=reader, files=files),)


def file_at(name: str, *folders: str, **facts: Any) -> File:
    """A file that lies under its name in each of these folders of the web."""
    return File(name=name, urls=tuple(folder + name for folder in folders), **facts)


def alike(names: Iterable[str], train: int, test: int, defective: int = 0) -> Classes:
    """Classes that have equally many images."""
    return {name: Counts(train, test, defective) for name in names}


def per_class(names: Iterable[str], train: list[int], test: list[int]) -> Classes:
    """Classes with their numbers of images."""
    return {name: Counts(*counts) for name, *counts in zip(names, train, test, strict=True)}
