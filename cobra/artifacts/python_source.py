"""What a Python file does and needs: the digest of its syntax tree and the names that it imports.

Parsing all of cobra takes a second, at every start of the workflow. So what was found is kept beside the
bytecode, by the digest of the file's content and of this one: it cannot be out of date.
"""

import ast
import atexit
import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from typing import NamedTuple

BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")  # where a syntax tree has statements
KEPT = Path(cache_from_source(__file__)).with_suffix(".json")
OWN = Path(__file__).read_bytes()


class Source(NamedTuple):
    """Digest of the syntax tree without docstrings; imported names, with those that may be modules."""

    digest: str
    imports: list[str]


def read_source(path: Path) -> Source:
    """What the file says now."""
    content = path.read_bytes()
    key = hashlib.sha256(OWN + content).hexdigest()
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
    for node in (tree, *_statements(tree)):
        body = getattr(node, "body", None)
        if body and _is_text(body[0]):
            del body[0]
    return Source(hashlib.sha256(ast.dump(tree).encode()).hexdigest(), sorted(_imports(tree)))


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """The statements within a node, and theirs; expressions, most of a tree, are left out."""
    for block in BLOCKS:
        for inner in getattr(node, block, ()):
            yield inner
            yield from _statements(inner)


def _is_text(node: ast.AST) -> bool:
    constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return constant and isinstance(node.value.value, str)  # type: ignore[attr-defined]


def _imports(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names
