"""The rooms of cobra/: packages and modules directly in it. Imports go one way, through the order below."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "cobra"
# Each imports only from those before it.
ORDER = (
    "errors", "settings", "registry", "machine", "artifacts", "randomness", "metrics", "data", "training",
    "detectors", "attacks", "gates", "reporting", "sharing", "experiment", "cli",
)  # fmt: skip


def module_of(path):
    name = ".".join(["cobra", *path.relative_to(ROOT).with_suffix("").parts])
    return name.removesuffix(".__init__")


MODULES = {module_of(path): path for path in ROOT.rglob("*.py")}


def imported(path):
    """The modules of cobra that a file names in its imports, wherever they stand."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else node.module for name in inner]
        yield from (name for name in names if name in MODULES)


GRAPH = {module: sorted({*imported(path)} - {module}) for module, path in MODULES.items()}


def room_of(module):
    return module.split(".")[1]


def test_the_rooms_are_these():
    assert {room_of(module) for module in MODULES if module != "cobra"} == set(ORDER)


def test_a_room_imports_from_those_before_it():
    upwards = [
        f"{module} imports {name}"
        for module, names in GRAPH.items()
        for name in names
        if module != "cobra" and ORDER.index(room_of(name)) > ORDER.index(room_of(module))
    ]
    assert upwards == []


def test_no_file_imports_itself_through_others():
    waiting = dict(GRAPH)
    while done := [module for module, names in waiting.items() if not set(names) & waiting.keys()]:
        for module in done:
            del waiting[module]
    assert waiting == {}
