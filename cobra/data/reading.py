"""Raw data read by the reader that the settings name. It is imported by that name, so its code counts only
for the data sets that it reads.
"""

from contextlib import suppress
from importlib import import_module
from pathlib import Path

from cobra.artifacts.archives import is_archive
from cobra.data.folders import all_files
from cobra.data.raw import RawImages
from cobra.data.settings import PreparationSettings
from cobra.errors import UserError

FOLDERS = ("class_folders", "defect_folders")  # which read images and nothing else


def module_name(reader: str) -> str:
    """The module of `reader`: part of the code behind a prepared data set."""
    return f"cobra.data.readers.{reader}"


def files_read(root: Path, settings: PreparationSettings) -> list[Path]:
    """The files below `root` on which the prepared images depend: of a layout of folders those that are read,
    of any other, of archives, and of what the reader refuses, all.
    """
    if settings.reader in FOLDERS and not any(map(is_archive, root.iterdir())):
        with suppress(UserError):  # told by whoever prepares the images
            return list(read_raw(root, settings).paths)
    return list(all_files(root))


def read_raw(root: Path, settings: PreparationSettings) -> RawImages:
    """The images below `root`, in the layout that the settings name."""
    raw: RawImages = import_module(module_name(settings.reader)).read(root, settings)
    return raw
