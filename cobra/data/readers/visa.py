"""VisA with its official one-class split, split_csv/1cls.csv."""

from pathlib import Path

from cobra.data.raw import SPLITS, TEST, TRAIN, Label, RawImages, from_files, one_of
from cobra.data.readers.listing import read_rows
from cobra.data.settings import PreparationSettings
from cobra.errors import UserError

COLUMNS = ("object", "split", "label", "image")
DEFECTS = {"normal": "", "anomaly": "anomaly"}


def read(root: Path, settings: PreparationSettings) -> RawImages:
    """The images that the split lists: object, split (train, test), label (normal, anomaly), path."""
    listing = one_of(root, "split_csv/1cls.csv", "*/split_csv/1cls.csv")
    labels, paths = [], []
    for place, row in read_rows(listing, COLUMNS):
        known = row["object"] in settings.classes and row["split"] in SPLITS and row["label"] in DEFECTS
        if not known:
            raise UserError(
                f"{place} has the object {row['object']!r}, the split {row['split']!r} and the label "
                f"{row['label']!r}, of which one is unknown: place the official file."
            )
        split = TRAIN if row["split"] == TRAIN else TEST
        labels.append(Label(split, row["object"], DEFECTS[row["label"]], row["image"]))
        paths.append(listing.parent.parent / row["image"])
    return from_files(labels, paths, settings.background)
