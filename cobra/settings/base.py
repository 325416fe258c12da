"""What all sections of settings share: strictness, provenance of defaults, canonical text."""

import json
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, TypeGuard

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema


class Section(BaseModel):
    """A group of settings: unknown keys are errors, values cannot change after validation."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


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


# The name of a method, score, attack or table: part of a path.
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]

# A SHA-256, hexadecimal.
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

# A text of one line, for people.
Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$")]

# Texts, of which a single one may stand without its list.
Names = Annotated[
    list[str],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]

# The paper's l-inf budget depends on the data's resolution.
PAPER_EPS = "4/255 for low resolution, 2/255 for high"

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
