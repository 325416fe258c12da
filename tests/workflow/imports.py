"""What a Python cannot import of all that the product's modules name, at their top or inside functions.

python -P tests/workflow/imports.py ROOT prints it as JSON, by the module that names it. It imports nothing of
ours, for it runs in the environment that is tried.
"""

import ast
import importlib
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path

REPORT = "snakemake.report"  # `make report` calls it; Snakemake itself imports it only then


def main(root: Path) -> None:
    sys.path[:0] = [str(root)]
    named = dict(ours(root)) | dict(of_snakemake())
    failed = {module: sorted(set(failures(module, path))) for module, path in named.items()}
    lacking = {module: said for module, said in failed.items() if said}
    print(json.dumps({"modules": len(named), "failed": lacking}))


def ours(root: Path) -> Iterator[tuple[str, Path]]:
    """The product's modules by name."""
    for folder in ("cobra", "scripts", "workflow"):
        for path in sorted((root / folder).rglob("*.py")):
            yield dotted(path, root), path


def of_snakemake() -> Iterator[tuple[str, Path]]:
    """Snakemake's modules that make a report."""
    folder = Path(importlib.util.find_spec(REPORT).origin).parent
    for path in sorted(folder.rglob("*.py")):
        yield dotted(path, folder.parents[1]), path


def dotted(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def failures(module: str, path: Path) -> Iterator[str]:
    """What is wrong with a module, and with each import statement in it."""
    yield from tried(module, ())
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from tried(alias.name, ())
        elif isinstance(node, ast.ImportFrom):
            name = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            yield from tried(name, [alias.name for alias in node.names])


def tried(module: str, names) -> Iterator[str]:
    """Import a module and names of it, which may be modules, too."""
    try:
        found = importlib.import_module(module)
        for name in names:
            if name != "*" and not hasattr(found, name):
                importlib.import_module(f"{module}.{name}")
    except Exception as error:  # whatever it is: the product cannot use it
        yield f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
