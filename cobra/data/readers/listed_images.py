"""Image files with lists of their labels: VisA, ISIC 2018, DAGM 2007."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from cobra.data.folders import image_files, subfolders
from cobra.data.raw import SPLITS, TEST, TRAIN, Label, RawImages, from_files, one_of
from cobra.data.settings import PreparationSettings
from cobra.errors import UserError
from cobra.machine.reading import opened

VISA_COLUMNS = ("object", "split", "label", "image")
VISA_DEFECTS = {"normal": "", "anomaly": "anomaly"}


def read_visa(root: Path, settings: PreparationSettings) -> RawImages:
    """The images of the official one-class split, split_csv/1cls.csv: object, split (train, test), label
    (normal, anomaly), path.
    """
    listing = one_of(root, "split_csv/1cls.csv", "*/split_csv/1cls.csv")
    images = []
    for place, row in _rows(listing, VISA_COLUMNS):
        category, split, label, name = (row[column] for column in VISA_COLUMNS)
        if category not in settings.classes or split not in SPLITS or label not in VISA_DEFECTS:
            raise UserError(
                f"{place} has the object {category!r}, the split {split!r} and the label {label!r}, of which "
                "one is unknown: place the official file."
            )
        part = TRAIN if split == TRAIN else TEST
        images.append((Label(part, category, VISA_DEFECTS[label], name), listing.parent.parent / name))
    return from_files(images, settings.background)


def read_isic2018(root: Path, settings: PreparationSettings) -> RawImages:
    """Task 3, per part a folder of images and a table of ground truth: the training part trains, `test_part`
    ("validation" or "test") tests.
    """
    images = []
    for split, part in ((TRAIN, "Training"), (TEST, str(settings.test_part).capitalize())):
        folder = one_of(root, f"ISIC2018_Task3_{part}_Input", f"*/ISIC2018_Task3_{part}_Input")
        table = f"ISIC2018_Task3_{part}_GroundTruth.csv"
        for name, diagnosis in _diagnoses(
            one_of(root, f"*/{table}", table, f"*/*/{table}"), settings.classes
        ):
            images.append((Label(split, diagnosis, "", f"{folder.name}/{name}.jpg"), folder / f"{name}.jpg"))
    return from_files(images, settings.background)


def _diagnoses(path: Path, classes: list[str]) -> Iterator[tuple[str, str]]:
    """Image and diagnosis per line of a ground truth: image, then 1.0 under the diagnosis, 0.0 elsewhere."""
    for place, row in _rows(path, ["image", *(name.upper() for name in classes)]):
        found = [name for name in classes if row[name.upper()] in ("1", "1.0")]
        if len(found) != 1:
            raise UserError(
                f"{place} ({row['image']}) has {len(found)} diagnoses where one is expected: "
                "place the official file."
            )
        yield row["image"], found[0]


def read_dagm(root: Path, settings: PreparationSettings) -> RawImages:
    """Class<n>/{Train,Test}/<id>.PNG with Label/Labels.txt, at the top or one folder deeper (some archives
    repeat the name): good images of Train train; good ones of Test and defective ones of both test (ours).
    """
    images = []
    places = [root, *subfolders(root)]
    for category in settings.classes:
        folder = next((its / category for its in places if (its / category / "Train").is_dir()), None)
        if folder is None:
            raise UserError(
                f"{root} has no {category}/Train: place DAGM 2007 in the layout that its authors distribute."
            )
        for part in ("Train", "Test"):
            defective = read_dagm_labels(folder / part / "Label" / "Labels.txt")
            for path in image_files(folder / part):
                if path.stem not in defective:
                    raise UserError(f"{path} is not in its Labels.txt: place the complete data set.")
                defect = "defect" if defective[path.stem] else ""
                split = TRAIN if part == "Train" and not defect else TEST
                label = Label(split, category, defect, path.relative_to(folder.parent).as_posix())
                images.append((label, path))
    return from_files(images, settings.background)


def read_dagm_labels(path: Path) -> dict[str, bool]:
    """Image id -> defective, from a Labels.txt: a heading, then id, 0 or 1, image, 0, mask, split by tabs."""
    if not path.is_file():
        raise UserError(f"{path} does not exist: place DAGM 2007 in the layout that its authors distribute.")
    found = {}
    for number, line in enumerate(_text(path).splitlines()[1:], start=2):
        cells = line.split()
        if not cells:
            continue
        if len(cells) < 3 or cells[1] not in ("0", "1"):
            raise UserError(f"{path}: line {number} is no label ({line[:40]!r}): place the official file.")
        found[Path(cells[2]).stem] = cells[1] == "1"
    return found


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of a CSV file with their places; raises UserError unless all `columns` are filled."""
    rows = csv.DictReader(io.StringIO(_text(path), newline=""))
    try:
        missing = [name for name in columns if name not in (rows.fieldnames or [])]
        if missing:
            raise UserError(f"{path} has no column {', '.join(missing)}: place the official file.")
        for row in rows:
            place = f"{path}: line {rows.line_num}"
            if any(row[name] is None for name in columns):
                raise UserError(f"{place} ends early: place the official file.")
            yield place, row
    except csv.Error as error:
        raise UserError(
            f"{path}: line {rows.line_num} is no CSV ({error}): place the official file."
        ) from None


def _text(path: Path) -> str:
    try:
        with opened(path) as file:
            return file.read().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as text ({error}): place the official file.") from None
