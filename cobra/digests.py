"""Digests of texts, files and code: how the workflow knows what changed.

Import-light: code digests are computed while the workflow is parsed.
"""

import ast
import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from cobra.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
DECLARATIONS = ("cobra.settings", "cobra.data.catalog")
BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")  # where a syntax tree has statements
TELLING = ("cobra.progress", "cobra.heartbeat")  # of work, and no part of it


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
    Declarations are left out (`cobra.settings`, the catalog): a job sees of them only the values in its
    canonical string, which is compared on its own, so a reworded description retrains nothing. So is what
    only tells how far the work is.
    """
    return digest_of_modules(module_digests(script, *modules))


def digest_of_modules(digests: Mapping[str, str]) -> str:
    """The digest of code whose files have these digests."""
    return digest("\n".join(f"{module} {tree}" for module, tree in digests.items()))


def module_digests(script: Path, *modules: str) -> dict[str, str]:
    """What `code_digest` is made of: the digest of each file behind `script`, by its path from the root."""
    return {module: _tree_digest(ROOT / module) for module in imported_modules(script, *modules)}


def imported_modules(script: Path, *modules: str) -> list[str]:
    """The files of this repository behind `script`, itself and `modules` included, as paths from the root."""
    seen: dict[str, Path] = {}
    _collect(_resolve_script(script), seen)
    for module in modules:
        for path in _files_of(module):
            _collect(path, seen)
    return sorted(seen)


def _resolve_script(script: Path) -> Path:
    path = (ROOT / script).resolve()
    if not path.is_file() or not path.is_relative_to(ROOT):
        raise UserError(
            f"{script} is not a file of {ROOT}, where the imported cobra lies, so its code has no digest: "
            "install this checkout (pip install -e .) or set PYTHONPATH to it."
        )
    return path


def _collect(path: Path, seen: dict[str, Path]) -> None:
    name = path.relative_to(ROOT).as_posix()
    if name in seen:
        return
    seen[name] = path
    for imported in _imports(path):
        _collect(imported, seen)


@cache
def _tree(path: Path) -> ast.Module:
    tree = ast.parse(path.read_text(), filename=str(path))
    for node in (tree, *_statements(tree)):
        body = getattr(node, "body", None)
        if body and _is_text(body[0]):
            del body[0]
    return tree


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """The statements within a node, and theirs; expressions, most of a tree, are left out."""
    for block in BLOCKS:
        for inner in getattr(node, block, ()):
            yield inner
            yield from _statements(inner)


def _is_text(node: ast.AST) -> bool:
    constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return constant and isinstance(node.value.value, str)  # type: ignore[attr-defined]


@cache
def _tree_digest(path: Path) -> str:
    return digest(ast.dump(_tree(path)))


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    """Files of this package that `path` imports, with the packages they lie in."""
    names: set[str] = set()
    for node in _statements(_tree(path)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    own = (
        name
        for name in names
        if name.split(".")[0] == "cobra" and not name.startswith(DECLARATIONS + TELLING)
    )
    return tuple(sorted({file for name in own for file in _files_of(name)}))


def _files_of(module: str) -> list[Path]:
    parts = module.split(".")
    found = []
    for depth in range(1, len(parts) + 1):
        base = ROOT.joinpath(*parts[:depth])
        found += [file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file()]
    return found
