"""What all sections of settings share: strictness, provenance of defaults, canonical text."""

import json
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, TypeGuard

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema


def _insist_on_numbers(node: Any, section: type[BaseModel]) -> None:
    """Make integers strict, and numbers refuse true and false, in the schema of a section; sections in it did
    so themselves.
    """
    if isinstance(node, list | tuple):
        for child in node:
            _insist_on_numbers(child, section)
    if not isinstance(node, dict) or (node.get("type") == "model" and node["cls"] is not section):
        return
    if node.get("type") == "int":
        node["strict"] = True
    if node.get("type") == "float":  # not strict: YAML takes 1e-3 for a text
        inner = dict(node)
        node.clear()
        node.update(core_schema.no_info_before_validator_function(_no_boolean, inner))
        return
    for key, child in node.items():
        if key not in ("default", "metadata"):
            _insist_on_numbers(child, section)


def _no_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a number is needed, not true or false")
    return value


class Section(BaseModel):
    """A group of settings: unknown keys are errors, values cannot change after validation. A whole number is
    written as one: neither true, nor "2" in quotes, nor 2.0; no number is written as true or false.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        _insist_on_numbers(schema, cls)
        return schema


def setting(default: Any, description: str, *, paper: Any = None, released: Any = None, **bounds: Any) -> Any:
    """A field with its default, its meaning and, where known, the paper's and the released code's value."""
    sources = {"paper": paper, "released": released}
    known = {name: value for name, value in sources.items() if value is not None}
    return Field(default, description=description, json_schema_extra=known or None, **bounds)


def read_ratio(value: Any) -> Any:
    """A text such as "4/255" as a number; anything else as it is."""
    if not isinstance(value, str):
        return value
    text = value.replace(" ", "")
    with suppress(ValueError, ZeroDivisionError, OverflowError):
        number = float(Fraction(text)) if "/" in text else float(text)
        if math.isfinite(number):
            return number
    raise ValueError(f"{value!r} is neither a number nor a ratio such as 4/255")


@dataclass(frozen=True)
class OneOf:
    """Annotates a text that must be one of `names`, found when the program starts; told and described as a
    Literal is.
    """

    names: Sequence[str]

    def __get_pydantic_core_schema__(self, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema(list(self.names))


@dataclass(frozen=True)
class Distinct:
    """Annotates a list of what would count twice if it stood there twice."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(_distinct, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(schema) | {"uniqueItems": True}


def _distinct(values: list[Any]) -> list[Any]:
    for place, value in enumerate(values):
        if value in values[:place]:
            raise ValueError(f"{value!r} stands there twice: remove one of them")
    return values


NAME = r"^[A-Za-z][A-Za-z0-9_-]*$"
SHA256 = r"^[0-9a-f]{64}$"
LINE = r"^[^\x00-\x1f\x7f]+$"
BELOW = r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$"
MODULE = r"^[a-z0-9_]+$"
FUNCTION = r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$"
# What a text must be like that a pattern refuses.
WORDS = {
    NAME: "use letters, digits, '_' and '-', a letter first",
    SHA256: "give the 64 hexadecimal digits, in small letters, that sha256sum prints",
    LINE: "write one line that is not empty",
    BELOW: "name a folder below this one, of letters, digits, '_' and '-', with '/' between folders (for "
    "another disk or a name with spaces make a link to it here)",
    MODULE: "name a module, in small letters, digits and '_'",
    FUNCTION: "name a function as package.module:function",
}

Name = Annotated[str, Field(pattern=NAME)]  # of a method, score, attack or table: part of a path
DistinctNames = Annotated[list[Name], Distinct()]
Digest = Annotated[str, Field(pattern=SHA256)]
Line = Annotated[str, Field(pattern=LINE)]  # a text for people
# Texts, of which a single one may stand without its list.
Names = Annotated[
    list[str],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
PAPER_EPS = "4/255 for low resolution, 2/255 for high"  # the paper's l-inf budget
# A number that may be written as a ratio ("4/255"), the way perturbation budgets are quoted.
Ratio = Annotated[
    float,
    BeforeValidator(read_ratio),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\s*\d+\s*/\s*\d+\s*$"}]}),
]


def canonical_json(value: BaseModel | dict[str, Any]) -> str:
    """One text per value: sorted keys, no spaces, so equal settings are equal strings."""
    data = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)


def is_section(annotation: Any) -> TypeGuard[type[Section]]:
    """Whether a field's annotation is a group of settings."""
    return isinstance(annotation, type) and issubclass(annotation, Section)


def lay_over(model: type[Section], base: dict[str, Any], *overrides: dict[str, Any]) -> dict[str, Any]:
    """`base` with `overrides` laid over it in turn: sections of `model` merge, all else is replaced."""
    merged = dict(base)
    for override in overrides:
        for key, value in override.items():
            field = model.model_fields.get(key)
            old = merged.get(key)
            if field and is_section(field.annotation) and isinstance(old, dict) and isinstance(value, dict):
                merged[key] = lay_over(field.annotation, old, value)
            else:
                merged[key] = value
    return merged
