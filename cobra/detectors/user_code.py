"""Where the code of a user's detector lies, and its digests. Imports little: planning calls it."""

import ast
import importlib.util
import sys
import sysconfig
from importlib.machinery import PathFinder
from pathlib import Path

from cobra.artifacts.digests import ROOT, file_digest
from cobra.data.content_digests import files_digest
from cobra.data.folders import all_files
from cobra.detectors.settings import OwnDetectorSettings
from cobra.errors import UserError

INSTALLED = ("site-packages", "dist-packages")
STANDARD = Path(sysconfig.get_path("stdlib"))
brought: dict[str, list[Path]] = {}  # by a user's module that was imported: the files that came with it


def source_file(name: str) -> Path:
    """The file of the module that `package.module:function` lies in, found without importing it; raises
    UserError if there is none, or another module than that of the working folder.
    """
    module = name.partition(":")[0]
    require_not_hidden(f"The module of {name}", module, Path.cwd())
    found = find_file(module)
    if found is None and module.endswith(".py"):
        raise UserError(f"The module of {name} is not found: leave .py out.")
    if found is None:
        raise UserError(
            f"The module of {name} is not found: correct the name, or run from the folder in which it lies."
        )
    return found


def find_file(module: str) -> Path | None:
    """The file of a module, if there is one; packages around it are not run either. Modules of the folder
    that a person works in are found from now on, before those of Python by the same name.
    """
    if sys.path[:1] != [str(Path.cwd())]:
        sys.path.insert(0, str(Path.cwd()))
    outermost, *inner = module.split(".")
    try:
        spec = importlib.util.find_spec(outermost)
    except (ImportError, ValueError):  # __main__ has none
        spec = None
    for part in inner:
        folders = list((spec and spec.submodule_search_locations) or [])
        spec = PathFinder.find_spec(part, folders)
    origin = None if spec is None or spec.origin is None else Path(spec.origin)
    return origin if origin is not None and origin.is_file() else None


def require_not_hidden(what: str, module: str, folder: Path) -> None:
    """Raise UserError if `folder` has a file for `module`, and Python has already taken another by its name,
    as it has for `random`, `test` where that is installed, or `cobra`.
    """
    top = module.partition(".")[0]
    known, here = sys.modules.get(top), PathFinder.find_spec(top, [str(folder)])
    if known is None or here is None or here.origin is None:
        return
    taken = getattr(known, "__file__", None) or "Python itself"
    if Path(taken).resolve() == Path(here.origin).resolve():
        return
    raise UserError(
        f"{what} is {here.origin}, but the name {top} is taken by {taken}: rename the file, and where it is "
        "imported."
    )


def import_root(name: str) -> Path:
    """The folder from which the module of `name` is imported: that of its outermost package."""
    file, module = source_file(name), name.partition(":")[0]
    depth = module.count(".") + (file.name == "__init__.py")
    return file.absolute().parents[depth]


def require_helpers(name: str) -> None:
    """Raise UserError if a file beside a user's module, which it imports, is hidden by another module."""
    root, module = import_root(name), name.partition(":")[0]
    for path in [source_file(name).absolute(), *helper_files(name)]:
        for imported in sorted(_names(path, root)):
            require_not_hidden(f"The {imported.partition('.')[0]} that {module} imports", imported, root)


def helper_files(name: str) -> list[Path]:
    """The files below the folder of a user's module that come with it: those that its text imports, directly
    or not, and those that were imported with it. Neither ours nor installed ones.
    """
    root, file = import_root(name), source_file(name).absolute()
    seen: set[Path] = set()
    waiting = [file, *brought.get(name.partition(":")[0], [])]
    while waiting:
        path = waiting.pop()
        if path not in seen and is_a_users(path, root):
            seen.add(path)
            waiting += [found for imported in _names(path, root) for found in _files_of(imported, root)]
    return sorted(seen - {file})


def is_a_users(path: Path, root: Path) -> bool:
    """Whether a file below `root` is neither ours nor installed."""
    others = path.is_relative_to(STANDARD) or path.is_relative_to(ROOT / "cobra")
    return path.is_relative_to(root) and not others and not set(path.parts) & set(INSTALLED)


def note_brought(module: str, before: set[str]) -> None:
    """Remember the files that came with a user's module: of what was not among the modules `before`."""
    files = [getattr(sys.modules[name], "__file__", None) for name in sys.modules.keys() - before]
    brought[module] = sorted(Path(file).absolute() for file in files if file and Path(file).is_file())


def _files_of(module: str, root: Path) -> list[Path]:
    """The files that may stand behind a name: its own, and its packages' beginnings."""
    parts = module.split(".")
    bases = [root.joinpath(*parts[:depth]) for depth in range(1, len(parts) + 1)]
    files = [path for base in bases for path in (base.with_name(f"{base.name}.py"), base / "__init__.py")]
    return [path for path in files if path.is_file()]


def _names(path: Path, root: Path) -> set[str]:
    """The names that a file imports, as seen from `root`; none of one that is no Python."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):  # who imports it is told
        return set()
    folders = path.relative_to(root).parts[:-1]
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # dots in front count from the file's own package
            base = list(folders[: len(folders) - node.level + 1]) if node.level else []
            base += [node.module] if node.module else []
            names.add(".".join(base))
            names.update(".".join([*base, alias.name]) for alias in node.names)
    return names - {""}


def source_files(settings: OwnDetectorSettings) -> list[Path]:
    """The files that decide a detector's scores: its module, and those that it declares."""
    files = [source_file(settings.name), *map(Path, settings.files)]
    for file in files:
        if not file.exists():
            raise UserError(
                f"detectors.*.files or --files names {file}, which does not exist: correct the path."
            )
    return files


def source_digests(settings: OwnDetectorSettings) -> dict[str, str]:
    """Their digests: the module's by its function, the others' by their paths (of a folder of weights, of all
    files in it); and those of the modules beside it that it imports.
    """
    found = {}
    for own, path in zip([settings.name, *settings.files], source_files(settings), strict=True):
        alone = path.is_file()
        found[f"file {own}"] = file_digest(path) if alone else files_digest(path, all_files(path))
    root = import_root(settings.name)
    for path in helper_files(settings.name):
        found[f"module {path.relative_to(root).as_posix()}"] = file_digest(path)
    return found
