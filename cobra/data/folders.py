"""What lies in a folder of images: which files are read, which are the system's, which nobody understands.

Import-light: the workflow asks while it is parsed. Links are followed; names are bytes, for a file system
knows no encoding.
"""

import os
import re
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from cobra.errors import UserError
from cobra.machine.reading import watched

SUFFIXES = {
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm",
    ".pnm",
}  # fmt: skip
# Written by operating systems, viewers and archivers; hidden files are left alone as they are.
SYSTEM = {"__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "@eadir", "lost+found",
          "system volume information", "icon\r"}  # fmt: skip
DOCUMENTS = {".txt", ".md", ".csv", ".tsv", ".json", ".xml", ".yaml", ".yml", ".html", ".pdf", ".rst", ""}
MASKS = {"mask", "masks", "ground_truth", "groundtruth", "gt", "annotations", "segmentation"}
MASK = re.compile(r"(.+)[ _.-](mask|gt|seg|label|groundtruth|ground_truth|segmentation)", re.IGNORECASE)
NAMED = 4  # groups of files that a remark tells in full


def is_users_own(path: Path) -> bool:
    """Whether a file or folder is a person's: neither hidden nor the system's."""
    return not path.name.startswith(".") and path.name.lower() not in SYSTEM


def inside(folder: Path) -> list[Path]:
    """What a person put directly into `folder`, sorted by name. Raises UserError if it cannot be listed."""
    try:
        with watched(folder):
            return sorted(filter(is_users_own, folder.iterdir()))
    except OSError as error:
        raise UserError(
            f"{folder} cannot be listed ({error.strerror or error}): mend that folder, or take it away."
        ) from None


def is_folder(path: Path) -> bool:
    """Whether `path` is a folder, or a link to one; false of a link that leads nowhere or round in a circle.
    Raises UserError if that cannot be seen.
    """
    try:
        with watched(path):
            return path.is_dir()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}): mend or remove it.") from None


def subfolders(folder: Path) -> list[Path]:
    """The folders directly in `folder`, sorted by name. Raises UserError if two names differ in capitals
    alone: they are one to other systems, and most likely to the person who made them.
    """
    if not is_folder(folder):
        return []
    found = [path for path in inside(folder) if is_folder(path)]
    seen: dict[str, Path] = {}
    for path in found:
        if (twin := seen.setdefault(path.name.lower(), path)) != path:
            raise UserError(
                f"{folder} has {twin.name} and {path.name}, which differ in capitals alone: make one of them."
            )
    return found


def image_files(folder: Path) -> list[Path]:
    """The image files directly in `folder`, sorted by name; masks that lie beside their images are none."""
    if not is_folder(folder):
        return []
    found = [path for path in inside(folder) if path.suffix.lower() in SUFFIXES]
    stems = {path.stem for path in found}
    return [path for path in found if not ((mask := MASK.fullmatch(path.stem)) and mask[1] in stems)]


def all_files(folder: Path, above: frozenset[str] = frozenset()) -> Iterator[Path]:
    """Every file below `folder` that is somebody's, through links, sorted by name. A link to one of the
    folders `above`, through which this one was reached, is not followed again.
    """
    real = os.path.realpath(folder)
    if real in above:
        return
    for path in inside(folder):
        if is_folder(path):
            yield from all_files(path, above | {real})
        else:
            yield path


def printable(name: str) -> str:
    r"""A file's name as text on one line: bytes that are no UTF-8 as \xe9, a line's end as \n."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def left_out(root: Path, read: Collection[Path]) -> list[str]:
    """The files below `root` that are neither read nor documents nor in a folder of masks, in words."""
    taken = {os.fspath(path) for path in read}
    left = [path for path in all_files(root) if os.fspath(path) not in taken and _should_be_read(root, path)]
    if not left:
        return []
    groups = Counter((path.parent.relative_to(root).as_posix(), path.suffix) for path in left).most_common()
    told = [
        printable(f"{count} {suffix or 'without suffix'} in {where}") for (where, suffix), count in groups
    ]
    more = [f"{len(told) - NAMED} more groups"] if len(told) > NAMED else []
    first = printable(left[0].relative_to(root).as_posix())
    return [f"{len(left)} files are not read: {', '.join(told[:NAMED] + more)} (the first: {first})"]


def _should_be_read(root: Path, path: Path) -> bool:
    above = {part.lower() for part in path.relative_to(root).parts[:-1]}
    return path.suffix.lower() not in DOCUMENTS and not above & MASKS
