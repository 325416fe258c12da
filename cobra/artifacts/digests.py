"""Digests of texts, files and code: how the workflow knows what changed.

Code digests are taken over syntax trees: comments, docstrings and formatting change nothing. They are
computed while the workflow is parsed, so nothing heavy is imported here; and since parsing all of cobra takes
a second, what was found in a file is kept beside the bytecode, by the digest of the file's content and of
this one: it cannot be out of date.
"""

import ast
import atexit
import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from typing import NamedTuple

from cobra.errors import UserError
from cobra.machine.reading import opened

ROOT = Path(__file__).resolve().parents[2]
# Left out of code digests, beside every module called settings.
DECLARATIONS = ("cobra.settings", "cobra.experiment", "cobra.data.catalog")
PROGRESS = ("cobra.machine.progress", "cobra.machine.reading")  # and what only sees that reading goes on
BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")  # where a syntax tree has statements
KEPT = Path(cache_from_source(__file__)).with_suffix(".json")
OWN = Path(__file__).read_bytes()


def digest(text: str | bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content, read in pieces. Raises UserError for what cannot be read."""
    try:
        with opened(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}): mend or remove it.") from None


def code_digest(script: Path, *modules: str) -> str:
    """Digest of a script and of all `cobra` modules it imports, directly or not, and of `modules`, which it
    imports by a name that is a setting.

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
    path = (ROOT / script).resolve()
    if not path.is_file() or not path.is_relative_to(ROOT):
        raise UserError(
            f"{script} is not a file of {ROOT}, where the imported cobra lies, so its code has no digest: "
            "install this checkout (pip install -e .) or set PYTHONPATH to it."
        )
    seen: set[Path] = set()
    waiting = [path, *(file for module in modules for file in _files_of(module))]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += _imports(path)
    return sorted(path.relative_to(ROOT).as_posix() for path in seen)


@cache
def _imports(path: Path) -> set[Path]:
    """Files of this package that `path` imports, with the packages they lie in."""
    return {file for name in filter(_counts, _source(path).imports) for file in _files_of(name)}


def _counts(name: str) -> bool:
    """Whether an imported name is code of this package that decides results."""
    parts = name.split(".")
    return parts[0] == "cobra" and "settings" not in parts and not name.startswith(DECLARATIONS + PROGRESS)


def _files_of(module: str) -> list[Path]:
    parts = module.split(".")
    bases = [ROOT.joinpath(*parts[:depth]) for depth in range(1, len(parts) + 1)]
    files = [file for base in bases for file in (base.with_suffix(".py"), base / "__init__.py")]
    return [file for file in files if file.is_file()]


class Source(NamedTuple):
    """Digest of a file's syntax tree without docstrings; imported names, with those that may be modules."""

    digest: str
    imports: list[str]


@cache
def _source(path: Path) -> Source:
    content = path.read_bytes()
    key = digest(OWN + content)
    known = _known()
    if key not in known:
        known[key] = _parse(content, path)
    return known[key]


@cache
def _known() -> dict[str, Source]:
    """By content; what this process adds to it is kept for the next."""
    known = {}
    with contextlib.suppress(OSError, ValueError, TypeError):  # none yet, or not written to its end
        known = {key: Source(*values) for key, values in json.loads(KEPT.read_bytes()).items()}
    atexit.register(_keep, known, len(known))
    return known


def _keep(known: dict[str, Source], before: int) -> None:
    if len(known) == before or sys.dont_write_bytecode:
        return
    written = KEPT.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):  # installed where this user cannot write, as with bytecode
        written.write_text(json.dumps(known))
        written.replace(KEPT)


def _parse(content: bytes, path: Path) -> Source:
    tree = ast.parse(content, filename=str(path))
    names: set[str] = set()
    for node in (tree, *_statements(tree)):
        match getattr(node, "body", None):
            case [ast.Expr(value=ast.Constant(value=str())), *_] as body:
                del body[0]
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return Source(digest(ast.dump(tree)), sorted(names))


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """The statements within a node, and theirs; expressions, most of a tree, are left out."""
    for block in BLOCKS:
        for inner in getattr(node, block, ()):
            yield inner
            yield from _statements(inner)
