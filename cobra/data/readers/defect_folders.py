"""MVTec AD's layout: <category>/train/good, <category>/test/good, <category>/test/<defect>."""

from collections.abc import Iterator
from pathlib import Path

from cobra.data.folders import image_files, subfolders
from cobra.data.raw import Label, RawImages, Split, from_files
from cobra.data.settings import PreparationSettings
from cobra.errors import UserError

GOOD = "good"


def read(root: Path, settings: PreparationSettings) -> RawImages:
    """Every known category that lies below `root`, or below a single folder in it."""
    labels, paths = [], []
    for category in settings.classes:
        folder = category_folder(root, category, alone=len(settings.classes) == 1)
        for part, defect, path in _files(folder):
            source = f"{category}/{path.relative_to(folder)}"
            labels.append(Label(part, category, defect, source))
            paths.append(path)
    if not labels:
        raise UserError(
            f"{root} has no <category>/train/good for any of {', '.join(settings.classes)}: "
            "place the data in MVTec AD's layout."
        )
    return from_files(labels, paths, settings.background, below=root)


def category_folder(root: Path, category: str, *, alone: bool) -> Path:
    """The folder of `category`; a data set of one category may have train/ and test/ at the top."""
    if alone and (root / "train" / GOOD).is_dir():
        return root
    if (root / category).is_dir():
        return root / category
    return next(
        (folder / category for folder in subfolders(root) if (folder / category).is_dir()), root / category
    )


def _files(folder: Path) -> Iterator[tuple[Split, str, Path]]:
    for path in image_files(folder / "train" / GOOD):
        yield "train", "", path
    for defect in subfolders(folder / "test"):
        for path in image_files(defect):
            yield "test", "" if defect.name == GOOD else defect.name, path
