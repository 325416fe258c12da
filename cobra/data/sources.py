"""Where the files of a data set lie, or will: placed by hand, downloaded, or a folder of one's own.

Import-light: the workflow asks while it is parsed.
"""

from dataclasses import dataclass
from pathlib import Path

from cobra.artifacts.archives import is_archive
from cobra.data.catalog import DatasetEntry, File
from cobra.data.folders import is_users_own


@dataclass(frozen=True)
class Located:
    """The reader to use, with either the known files to unpack or a folder to take as it lies."""

    reader: str
    files: tuple[Path, ...] = ()
    folder: Path | None = None


def locate(dataset: str, entry: DatasetEntry, resources: Path) -> Located:
    """Where the data come from.

    A complete form in the drop folder comes first; then whatever folders and archives else lie there; then
    the distributed files, each from the drop folder or, if it is not there, from the downloads.
    """
    if entry.folder is not None:
        return Located(entry.layouts[0].reader, folder=Path(entry.folder))
    drop = drop_folder(dataset, resources)
    for layout in entry.layouts:
        placed = [placed_file(file, drop) for file in layout.files]
        if all(placed):
            return Located(layout.reader, tuple(path for path in placed if path))
    reader = entry.layouts[0].reader
    if holds_data(drop, {file.name for file in entry.files}):
        return Located(reader, folder=drop)
    downloads = (downloaded_file(dataset, file, resources) for file in entry.files)
    files = (placed_file(file, drop) or later for file, later in zip(entry.files, downloads, strict=True))
    return Located(reader, tuple(files))


def drop_folder(dataset: str, resources: Path) -> Path:
    """Where a person places the files of `dataset`."""
    return resources / "manual" / dataset


def downloaded_file(dataset: str, file: File, resources: Path) -> Path:
    """Where a download of `file` lands."""
    return resources / "downloads" / dataset / file.name


def placed_file(file: File, drop: Path) -> Path | None:
    """`file` in the drop folder: under its name or, if its unpacked content is known, without the .gz."""
    names = [file.name, *([file.name.removesuffix(".gz")] if file.content else [])]
    return next((drop / name for name in names if (drop / name).is_file()), None)


def holds_data(folder: Path, besides: set[str]) -> bool:
    """Whether `folder` has folders or archives other than those named."""
    if not folder.is_dir():
        return False
    return any(is_material(path) for path in folder.iterdir() if path.name not in besides)


def is_material(path: Path) -> bool:
    """A folder or an archive, not hidden."""
    return is_users_own(path) and (path.is_dir() or is_archive(path))


def availability(dataset: str, entry: DatasetEntry, resources: Path) -> str:
    """Where the raw data are found, or how much of them is missing."""
    if entry.access == "embedded":
        return "embedded"
    located = locate(dataset, entry, resources)
    if located.folder is not None:
        return f"placed in {located.folder}"
    present = [path for path in located.files if path.is_file()]
    if len(present) < len(located.files):
        return f"{len(located.files) - len(present)} of {len(located.files)} files missing"
    by_hand = all(path.parent == drop_folder(dataset, resources) for path in present)
    return "placed" if by_hand else "downloaded"


def how_to_get(dataset: str, entry: DatasetEntry, resources: Path) -> str:
    """What to do for the data to be there."""
    drop = drop_folder(dataset, resources)
    forms = " or ".join(
        ", ".join(file.name for file in layout.files) for layout in entry.layouts if layout.files
    )
    placed = f"place {forms} in {drop}"
    if entry.access == "embedded":
        return "nothing: it comes with scikit-learn"
    if entry.access == "by hand":
        return f"fetch it from {entry.homepage} and {placed}"
    folder = downloaded_file(dataset, entry.files[0], resources).parent
    fetched = f"the workflow downloads it to {folder}"
    if entry.access == "licence":
        fetched += f" once its licence is accepted (data.accept_licences: [{dataset}])"
    return f"{fetched}; offline, {placed}"
