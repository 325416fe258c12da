"""Registry of plug-ins: the modules of a package, found by the name that settings give.

A module is imported by the jobs that name it alone, so its code counts for them and for no others. What
planning must know of it, for which importing torch would take too long, is read from its text: constants in
capitals whose values are literals, and the first paragraph of its docstring.
"""

import ast
import pkgutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from cobra.errors import UserError


@dataclass(frozen=True)
class Registry:
    """The modules of a package, its sub-packages left out."""

    package: str
    folder: Path

    def names(self) -> list[str]:
        """The kinds that there are."""
        return list(_names(self.folder))

    def module(self, name: str) -> str:
        """The module of a kind: part of the code behind what is made with it."""
        return f"{self.package}.{name}"

    def modules(self, names: Iterable[str]) -> list[str]:
        """The modules of those names that have one here; others stand elsewhere."""
        there = self.names()
        return sorted({self.module(name) for name in names if name in there})

    def load(self, name: str) -> ModuleType:
        """The module, imported."""
        return import_module(self.module(name))

    def constant(self, name: str, constant: str, default: Any = None) -> Any:
        """What the kind's module says of itself in a constant; raises UserError if it says nothing and there
        is no default.
        """
        said = _constants(self._path(name)).get(constant, default)
        if said is None:
            raise UserError(
                f"{self._path(name)} says nothing of its {constant}: assign it a literal (docs/extending.md)."
            )
        return said

    def summary(self, name: str) -> str:
        """The first paragraph of the module's docstring; raises UserError if it has none."""
        text = ast.get_docstring(_tree(self._path(name)))
        if not text:
            raise UserError(f"{self._path(name)} has no docstring: say in a sentence what it is.")
        return " ".join(text.split("\n\n")[0].split()).removesuffix(".")

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.py"


@cache
def _names(folder: Path) -> tuple[str, ...]:
    found = pkgutil.iter_modules([str(folder)])
    return tuple(sorted(module.name for module in found if not module.ispkg))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


@cache
def _constants(path: Path) -> dict[str, Any]:
    """The literals that a module assigns to names in capitals."""
    found = {}
    for node in _tree(path).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) if name.isupper():
                with suppress(ValueError):  # computed
                    found[name] = ast.literal_eval(node.value)
    return found
