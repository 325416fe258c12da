"""Where the generated anomalies of a class lie. Light: the workflow asks while it is parsed."""

from pathlib import Path

from cobra.data.folders import image_files, subfolders
from cobra.errors import UserError

KEY = "crafting.generated.folder"


def class_folder(folder: Path, normal: str) -> Path:
    """The sub-folder of `folder` for the normal class `normal`; raises UserError unless it holds images."""
    if not folder.is_dir():
        raise UserError(f"{KEY}: {folder} is no folder: correct the path, or make the folder.")
    there = [path.name for path in subfolders(folder)]
    if normal not in there:
        raise UserError(
            f"{KEY}: {folder} has no sub-folder {normal!r} for the normal class of that name "
            f"(there: {', '.join(there) or 'none'}): add it, with generated anomalies of this class."
        )
    if not image_files(folder / normal):
        raise UserError(f"{KEY}: {folder / normal} holds no images: place generated anomalies there.")
    return folder / normal
