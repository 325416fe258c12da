"""ISIC 2018 task 3: folders of images and, per part, a table of ground truth."""

from pathlib import Path

from cobra.data.raw import Label, RawImages, Split, from_files, one_of
from cobra.data.readers.listing import read_rows
from cobra.data.settings import PreparationSettings
from cobra.errors import UserError


def read(root: Path, settings: PreparationSettings) -> RawImages:
    """The training part trains, `test_part` ("validation" or "test") tests."""
    labels, paths = [], []
    parts: list[tuple[Split, str]] = [("train", "Training"), ("test", str(settings.test_part).capitalize())]
    for split, part in parts:
        images = one_of(root, f"ISIC2018_Task3_{part}_Input", f"*/ISIC2018_Task3_{part}_Input")
        truth = one_of(
            root, *(f"{above}ISIC2018_Task3_{part}_GroundTruth.csv" for above in ("*/", "", "*/*/"))
        )
        for name, diagnosis in read_truth(truth, settings.classes):
            labels.append(Label(split, diagnosis, "", f"{images.name}/{name}.jpg"))
            paths.append(images / f"{name}.jpg")
    return from_files(labels, paths, settings.background)


def read_truth(path: Path, classes: list[str]) -> list[tuple[str, str]]:
    """Image and diagnosis per line of a ground truth: image, then 1.0 under the diagnosis, 0.0 elsewhere."""
    found = []
    for place, row in read_rows(path, ["image", *(name.upper() for name in classes)]):
        diagnoses = [name for name in classes if row[name.upper()] in ("1", "1.0")]
        if len(diagnoses) != 1:
            raise UserError(
                f"{place} ({row['image']}) has {len(diagnoses)} diagnoses where one is expected: "
                "place the official file."
            )
        found.append((row["image"], diagnoses[0]))
    return found
