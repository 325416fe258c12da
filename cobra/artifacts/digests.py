"""Digests of texts, files and code: how the workflow knows what changed.

Import-light: code digests are computed while the workflow is parsed.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from cobra.artifacts.python_source import Source, read_source
from cobra.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
# Left out of code digests, beside every module called settings.
DECLARATIONS = ("cobra.settings", "cobra.experiment", "cobra.data.catalog")
PROGRESS = ("cobra.machine.progress",)


def digest(text: str | bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def code_digest(script: Path, *modules: str) -> str:
    """Digest of a script and of all `cobra` modules it imports, directly or not, and of `modules`, which it
    imports by a name that is a setting.

    Taken over the syntax trees without docstrings: comments, docstrings and formatting change nothing.
    Declarations are left out (modules called settings, the experiment, the catalog): a job sees of them only
    the values in its canonical string, which is compared on its own, so a reworded description retrains
    nothing. So is what only tells how far the work is.
    """
    return digest_of_modules(module_digests(script, *modules))


def digest_of_modules(digests: Mapping[str, str]) -> str:
    """The digest of code whose files have these digests."""
    return digest("\n".join(f"{module} {tree}" for module, tree in digests.items()))


def module_digests(script: Path, *modules: str) -> dict[str, str]:
    """What `code_digest` is made of: the digest of each file behind `script`, by its path from the root."""
    return {module: _source(ROOT / module).digest for module in imported_modules(script, *modules)}


def imported_modules(script: Path, *modules: str) -> list[str]:
    """The files of this repository behind `script`, itself and `modules` included, as paths from the root."""
    seen: set[Path] = set()
    _collect(_resolve_script(script), seen)
    for module in modules:
        for path in _files_of(module):
            _collect(path, seen)
    return sorted(path.relative_to(ROOT).as_posix() for path in seen)


def _resolve_script(script: Path) -> Path:
    path = (ROOT / script).resolve()
    if not path.is_file() or not path.is_relative_to(ROOT):
        raise UserError(
            f"{script} is not a file of {ROOT}, where the imported cobra lies, so its code has no digest: "
            "install this checkout (pip install -e .) or set PYTHONPATH to it."
        )
    return path


def _collect(path: Path, seen: set[Path]) -> None:
    if path not in seen:
        seen.add(path)
        for imported in _imports(path):
            _collect(imported, seen)


@cache
def _source(path: Path) -> Source:
    return read_source(path)


@cache
def _imports(path: Path) -> list[Path]:
    """Files of this package that `path` imports, with the packages they lie in."""
    own = filter(_counts, _source(path).imports)
    return sorted({file for name in own for file in _files_of(name)})


def _counts(name: str) -> bool:
    """Whether an imported name is code of this package that decides results."""
    parts = name.split(".")
    return parts[0] == "cobra" and "settings" not in parts and not name.startswith(DECLARATIONS + PROGRESS)


def _files_of(module: str) -> list[Path]:
    parts = module.split(".")
    found = []
    for depth in range(1, len(parts) + 1):
        base = ROOT.joinpath(*parts[:depth])
        found += [file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file()]
    return found
