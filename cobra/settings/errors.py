"""Errors of a configuration in sentences: what is wrong, where, what to do."""

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from cobra.errors import UserError
from cobra.settings.base import is_section

Model = TypeVar("Model", bound=BaseModel)


def validate(model: type[Model], data: Mapping[str, Any], where: str) -> Model:
    """`data` as a `model`; raises UserError, one sentence per fault, each naming `where` and the key."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise UserError("\n".join(sentences(error, model, where))) from None


def validate_json(model: type[Model], text: str, where: str) -> Model:
    """`text`, a JSON object given at `where` (a command-line option), as a `model`."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError:
        data = None
    if not isinstance(data, dict):
        raise UserError(f"{where} is not a JSON object: {text[:60]!r}.")
    return validate(model, data, where)


def validate_at(
    model: type[Model], merged: dict[str, Any], layers: Sequence[tuple[str, Mapping[str, Any]]]
) -> Model:
    """`merged` as a `model`; a fault is reported at the last of the named `layers` that sets its key."""
    try:
        return model.model_validate(merged)
    except ValidationError as error:
        faults = []
        for fault in error.errors():
            place = next((name for name, layer in reversed(layers) if _sets(layer, fault["loc"])), "")
            faults.append(_sentence(fault, model, place))
        raise ValueError("; ".join(faults)) from None


def sentences(error: ValidationError, model: type[BaseModel], where: str) -> list[str]:
    """One sentence per fault of a validation."""
    return [f"{where}: {_sentence(fault, model, '')}." for fault in error.errors()]


def _sentence(fault: Any, model: type[BaseModel], place: str) -> str:
    path = ".".join(part for part in (place, *map(str, fault["loc"])) if part)
    if fault["type"] == "extra_forbidden":
        siblings = _keys_beside(model, fault["loc"])
        close = difflib.get_close_matches(str(fault["loc"][-1]), siblings, n=1)
        advice = f"did you mean {close[0]!r}" if close else f"known here: {', '.join(siblings)}"
        return f"{path} is not a setting ({advice})"
    if fault["type"] == "missing":
        return f"{path} is missing"
    message = fault["msg"].removeprefix("Value error, ")
    return f"{path}: {message} (given: {fault['input']!r:.60})" if path else message


def _sets(layer: Mapping[str, Any], location: Sequence[Any]) -> bool:
    for key in location:
        if not isinstance(layer, Mapping) or key not in layer:
            return False
        layer = layer[key]
    return True


def _keys_beside(model: type[BaseModel], location: Sequence[Any]) -> list[str]:
    """The settings that exist where the unknown key at `location` stands."""
    current: Any = model
    for key in location[:-1]:
        field = current.model_fields.get(key) if is_section(current) else None
        if field is not None:
            current = field.annotation if _is_dict(field.annotation) else _section_in(field.annotation)
        else:
            current = _section_in(current)  # dict[Name, Section]: step over the name
    return list(current.model_fields) if is_section(current) else []


def _is_dict(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) is dict


def _section_in(annotation: Any) -> Any:
    """The section that an annotation such as Section | None or dict[Name, Section] holds."""
    parts = getattr(annotation, "__args__", ())
    return next((part for part in parts if is_section(part)), annotation)
