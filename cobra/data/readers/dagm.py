"""DAGM 2007: Class<n>/{Train,Test}/<id>.PNG with Label/Labels.txt."""

from pathlib import Path

from cobra.data.folders import image_files, subfolders
from cobra.data.raw import TEST, TRAIN, Label, RawImages, from_files
from cobra.data.readers.listing import read_text
from cobra.data.settings import PreparationSettings
from cobra.errors import UserError


def read(root: Path, settings: PreparationSettings) -> RawImages:
    """Good images of Train train; good images of Test and defective ones of both are tested on (ours)."""
    labels, paths = [], []
    for category in settings.classes:
        folder = _folder(root, category)
        for part in ("Train", "Test"):
            defective = read_labels(folder / part / "Label" / "Labels.txt")
            for path in image_files(folder / part):
                if path.stem not in defective:
                    raise UserError(f"{path} is not in its Labels.txt: place the complete data set.")
                split = TRAIN if part == "Train" and not defective[path.stem] else TEST
                defect = "defect" if defective[path.stem] else ""
                labels.append(Label(split, category, defect, path.relative_to(folder.parent).as_posix()))
                paths.append(path)
    return from_files(labels, paths, settings.background)


def read_labels(path: Path) -> dict[str, bool]:
    """Image id -> defective, from a Labels.txt: a heading, then id, 0 or 1, image, 0, mask, split by tabs."""
    if not path.is_file():
        raise UserError(f"{path} does not exist: place DAGM 2007 in the layout that its authors distribute.")
    found = {}
    for number, line in enumerate(read_text(path).splitlines()[1:], start=2):
        cells = line.split()
        if not cells:
            continue
        if len(cells) < 3 or cells[1] not in ("0", "1"):
            raise UserError(f"{path}: line {number} is no label ({line[:40]!r}): place the official file.")
        found[Path(cells[2]).stem] = cells[1] == "1"
    return found


def _folder(root: Path, category: str) -> Path:
    """A category's folder at the top, or one folder deeper (some archives repeat the name)."""
    candidates = [root, *subfolders(root)]
    for folder in candidates:
        if (folder / category / "Train").is_dir():
            return folder / category
    raise UserError(
        f"{root} has no {category}/Train: place DAGM 2007 in the layout that its authors distribute."
    )
