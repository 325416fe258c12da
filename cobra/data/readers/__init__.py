"""Layouts in which data sets are distributed, one module each: `read(root, settings) -> RawImages`.

`root` is a folder with the data as their authors lay them out. A module is imported by the name that the
settings give, so its code counts only for the data sets that it reads.
"""

from importlib import import_module
from pathlib import Path

from cobra.data.raw import RawImages
from cobra.settings.data import PreparationSettings


def module_name(reader: str) -> str:
    """The module of `reader`: part of the code behind a prepared data set."""
    return f"cobra.data.readers.{reader}"


def read_raw(root: Path, settings: PreparationSettings) -> RawImages:
    """The images below `root`, in the layout that the settings name."""
    raw: RawImages = import_module(module_name(settings.reader)).read(root, settings)
    return raw
