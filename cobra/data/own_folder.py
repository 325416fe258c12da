"""A user's own folder of images as an entry of the catalog: what it holds follows from its subfolders."""

import os
import re
from pathlib import Path
from typing import Any

from cobra.data.catalog.entry import HIGH, LOW, DatasetEntry, high_detector, read_by
from cobra.data.folders import MASKS, is_folder, subfolders
from cobra.data.settings import Protocol
from cobra.errors import UserError

NAME = re.compile(r"[A-Za-z0-9_.-]+")  # a class is part of a path and of a pasted command
SMALL = 64  # up to this many pixels the paper's low-resolution settings apply
DEFECT_IMAGES_PER_EPOCH = 10_000  # as for MVTec AD, whose layout and size such data share
PARTS = {"train", "test", "val", "valid", "validation", "training", "testing"}  # of data, and no classes
GOOD = "good"
LAYOUTS = (
    "train/good with test/good and test/<defect>, the same in a folder per category, "
    "train/<class> with test/<class>, or a folder per class"
)


def own_entry(name: str, folder: Path, resolution: int | None, *, named: str | None = None) -> DatasetEntry:
    """The entry of the data set `name` in `folder`; raises UserError if its layout is none we know. The
    folder was `named` by an option, or else by the configuration.
    """
    named = named or f"datasets.{name}.folder:"
    if not is_folder(folder):
        raise UserError(f"{named} {folder} is no folder: correct the path.")
    reader, protocol, classes = _layout(name, folder, named)
    for class_name in classes:
        if not NAME.fullmatch(class_name):
            raise UserError(
                f"{folder}: {class_name!r} cannot name a class: rename that folder, "
                "with letters, digits, '_', '-' and '.' alone."
            )
    return DatasetEntry(
        **_form(resolution, protocol),
        title=name,
        protocol=protocol,
        classes=dict.fromkeys(classes),
        layouts=read_by(reader),
        flips=True,
        split="As the folders say; without test/, a share of each class trains (train_share).",
        access="own",
        licence="yours",
        citation="",
        homepage=str(folder),
        options={"train_share": 0.7},
        folder=str(folder),
    )


def require_apart(folder: Path, made: Path, named: str) -> None:
    """Raise UserError if what we write to `made`, which was `named` so, would lie among a person's images."""
    for place in (os.path.abspath, os.path.realpath):  # links are followed when images are read
        inner, outer = Path(place(made)), Path(place(folder))
        parts = inner.relative_to(outer).parts if inner.is_relative_to(outer) else (".",)
        if not parts or not parts[0].startswith("."):
            raise UserError(
                f"{named} {made} lies within {folder}, where it would be taken for images: name another "
                "folder."
            )


def _layout(name: str, folder: Path, named: str) -> tuple[str, Protocol, list[str]]:
    """Reader, protocol and classes of what lies in `folder`."""
    if is_folder(folder / "train" / "good") and is_folder(folder / "test" / "good"):
        return "defect_folders", "defects", [name]
    inside = subfolders(folder)
    categories = [path.name for path in inside if is_folder(path / "train" / "good")]
    if categories:
        return "defect_folders", "defects", categories
    if is_folder(folder / "train") and is_folder(folder / "test"):
        inside = subfolders(folder / "train")
    classes = [path.name for path in inside]
    strange = [its for its in classes if its.lower() in PARTS | MASKS | {GOOD}]
    if len(classes) < 2 or strange:
        raise UserError(
            f"{named} {folder} has none of the known layouts ({LAYOUTS}), but "
            f"{', '.join(classes) or 'no folder'}: arrange the images so."
        )
    return "class_folders", "one_vs_rest", classes


def _form(resolution: int | None, protocol: str) -> dict[str, Any]:
    repeated = DEFECT_IMAGES_PER_EPOCH if protocol == "defects" else None
    if resolution is not None and resolution <= SMALL:
        schedule = {"schedule": {"images_per_epoch": repeated}} if repeated else {}
        return LOW | {"resolution": resolution, "detector": schedule}
    return HIGH | {"resolution": resolution or HIGH["resolution"], "detector": high_detector(repeated)}
