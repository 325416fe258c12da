"""Layouts in which data sets are distributed: each is read by a function `read_<layout>(root, settings)`.

`root` is a folder with the data as their authors lay them out. A layout's function lies in the module of that
name, or with others of its kind. The module is imported by name, so it is code of those data sets alone.
"""

from contextlib import suppress
from importlib import import_module
from pathlib import Path

from cobra.artifacts.archives import is_archive
from cobra.data.folders import all_files, inside
from cobra.data.raw import RawImages
from cobra.data.settings import PreparationSettings
from cobra.errors import UserError

KINDS = {
    "array_files": ("cifar10", "cifar100", "cifar100_released", "idx", "svhn"),
    "image_folders": ("class_folders", "defect_folders", "imagenet30"),
    "listed_images": ("dagm", "isic2018", "visa"),
}
OF_IMAGES_ALONE = ("class_folders", "defect_folders")  # other files in the folder decide nothing


def module_name(reader: str) -> str:
    """The module of `reader`: part of the code behind a prepared data set."""
    kind = next((kind for kind, layouts in KINDS.items() if reader in layouts), reader)
    return f"cobra.data.readers.{kind}"


def read_raw(root: Path, settings: PreparationSettings) -> RawImages:
    """The images below `root`, in the layout that the settings name."""
    module = import_module(module_name(settings.reader))
    raw: RawImages = getattr(module, f"read_{settings.reader}")(root, settings)
    return raw


def files_read(root: Path, settings: PreparationSettings) -> list[Path]:
    """The files below `root` on which the prepared images depend: of a layout of folders those that are read,
    of any other, of archives, and of what the reader refuses, all.
    """
    if settings.reader in OF_IMAGES_ALONE and not any(map(is_archive, inside(root))):
        with suppress(UserError):  # told by whoever prepares the images
            return list(read_raw(root, settings).paths)
    return list(all_files(root))
