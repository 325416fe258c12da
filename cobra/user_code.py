"""Where the code of a detector that is not ours lies, and its digests. Import-light: the workflow asks."""

import importlib.util
import sys
from pathlib import Path

from cobra.digests import file_digest
from cobra.errors import UserError
from cobra.settings.own import OwnDetectorSettings


def search_working_folder() -> None:
    """Let modules of the folder that a person works in be found."""
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))


def source_file(name: str) -> Path:
    """The file of the module that `package.module:function` lies in, found without importing it; raises
    UserError if there is none.
    """
    search_working_folder()
    try:
        spec = importlib.util.find_spec(name.partition(":")[0])
    except ImportError:
        spec = None
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        raise UserError(
            f"The module of {name} is not found: correct the name, or run from the folder in which it lies."
        )
    return Path(spec.origin)


def source_files(settings: OwnDetectorSettings) -> list[Path]:
    """The files that decide a detector's scores: its module, and those that it declares."""
    files = [source_file(settings.score or settings.fit or ""), *map(Path, settings.files)]
    for file in files:
        if not file.is_file():
            raise UserError(f"detectors.*.files names {file}, which does not exist: correct the path.")
    return files


def source_digests(settings: OwnDetectorSettings) -> dict[str, str]:
    """Their digests: the module's by its function, the others' by their paths."""
    names = [settings.score or settings.fit or "", *settings.files]
    return {
        f"file {name}": file_digest(path) for name, path in zip(names, source_files(settings), strict=True)
    }
