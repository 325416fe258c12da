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
        placed = [_placed_file(file, drop) for file in layout.files]
        if all(placed):
            return Located(layout.reader, tuple(path for path in placed if path))
    reader = entry.layouts[0].reader
    if _holds_material(drop, {file.name for file in entry.files}):
        return Located(reader, folder=drop)
    files = (_placed_file(file, drop) or _downloaded_file(dataset, file, resources) for file in entry.files)
    return Located(reader, tuple(files))


def drop_folder(dataset: str, resources: Path) -> Path:
    """Where a person places the files of `dataset`."""
    return resources / "manual" / dataset


def _downloaded_file(dataset: str, file: File, resources: Path) -> Path:
    return resources / "downloads" / dataset / file.name


def _placed_file(file: File, drop: Path) -> Path | None:
    return next((drop / name for name in file.names if (drop / name).is_file()), None)


def _holds_material(folder: Path, besides: set[str]) -> bool:
    """Whether `folder` has folders or archives, not hidden, other than those named."""
    there = folder.iterdir() if folder.is_dir() else ()
    own = (path for path in there if is_users_own(path) and path.name not in besides)
    return any(path.is_dir() or is_archive(path) for path in own)


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
    folder = _downloaded_file(dataset, entry.files[0], resources).parent
    fetched = f"the workflow downloads it to {folder}"
    if entry.access == "licence":
        fetched += f" once its licence is accepted (data.accept_licences: [{dataset}])"
    return f"{fetched}; offline, {placed}"
