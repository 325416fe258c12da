"""A configuration read from its file, for programs that run without Snakemake."""

import re
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import yaml

from cobra.errors import UserError
from cobra.experiment.checks import check
from cobra.experiment.config import Config
from cobra.settings.validation import validate

AMBIGUOUS = re.compile(r"[-+]?0[0-9_]+$|.*:")  # numbers to the base 8 and 60
MERGE = "tag:yaml.org,2002:merge"  # the key <<, which may stand beside the keys that it brings


class _OneOfAKind(yaml.SafeLoader):
    """YAML in which a key stands once: of two PyYAML would take the last and say nothing."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        first: dict[str, int] = {}
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            line = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode) and key.tag != MERGE:
                if key.value in first:
                    raise UserError(
                        f"{self.name}: the key {key.value!r} stands twice, in line {first[key.value]} and in "
                        f"line {line}, so that the first would be ignored: remove one, or make one of both."
                    )
                first[key.value] = line
        return super().construct_mapping(node, deep)

    def construct_whole_number(self, node: yaml.ScalarNode) -> int:
        """YAML 1.1 takes 010 for eight, and 1:30 for ninety."""
        number: int = self.construct_yaml_int(node)
        if AMBIGUOUS.match(node.value):
            raise UserError(
                f"{self.name}: {node.value} in line {node.start_mark.line + 1} would be read as {number}: "
                "write it so, or in quotes if it is a name."
            )
        return number


_OneOfAKind.add_constructor("tag:yaml.org,2002:int", _OneOfAKind.construct_whole_number)


def read_yaml(path: Path) -> Any:
    """What a file of YAML (or JSON) holds; raises UserError, naming the line, also for a key twice."""
    try:
        with path.open(encoding="utf-8") as file:
            return yaml.load(file, _OneOfAKind)  # noqa: S506 -- a SafeLoader
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}): check the path.") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise UserError(f"{path} is no YAML: {_explained(error)}: correct it.") from None


def _explained(error: Exception) -> str:
    """What PyYAML found, on one line, and where."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return " ".join(str(error).split()) or type(error).__name__
    found = [(error.context, error.context_mark), (error.problem, error.problem_mark)]
    explained = ", ".join(f"{text} in line {mark.line + 1}" for text, mark in found if text and mark)
    return f"{explained} (YAML indents by spaces, not by tabs)" if "\\t" in explained else explained


def make_config(data: Mapping[str, Any], where: str) -> Config:
    """`data`, given at `where`, as a checked configuration; raises UserError, one sentence per fault."""
    config = validate(Config, data, where)
    try:
        check(config)
    except ValueError as error:
        raise UserError(f"{where}: {error}.") from None
    return config


def read_config(path: Path) -> Config:
    """The configuration in a file; raises UserError if it cannot be read or is not valid."""
    return make_config(read_yaml(path), str(path))
