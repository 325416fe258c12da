"""Validation of settings: each fault that pydantic finds, in one sentence with its place and remedy."""

import difflib
import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from cobra.errors import UserError
from cobra.settings.section import WORDS, is_section

KEY = "[key]"  # pydantic's end of the place of a key that is wrong itself
OF_KEYS = ("missing", "extra_forbidden")  # faults whose key the data or the section lacks
BOOLEAN = (
    "YAML reads yes, no, on and off without quotes as true and false: put it in quotes or call it otherwise"
)


@dataclass(frozen=True)
class Fault:
    """A fault at `keys` of the data: what pydantic calls its `kind`, and says of the value given.

    `alternative` is how many of the keys come before pydantic's name of one of the alternatives that a
    setting has, None where it has none.
    """

    kind: str
    keys: tuple[Any, ...]
    message: str
    given: Any
    of_key: bool
    alternative: int | None


def faults_in(error: ValidationError, data: Any) -> list[Fault]:
    """The faults to tell: of a setting with alternatives those of the one that was meant, as one; of a wrong
    text that is used again and again its first.
    """
    found: dict[Hashable, list[Fault]] = {}
    for number, raw in enumerate(error.errors()):
        fault = _fault(raw, data)
        alone = number if fault.alternative is None else fault.keys[: fault.alternative]
        found.setdefault(alone, []).append(fault)
    marks: dict[Hashable, Fault] = {}
    for number, alternatives in enumerate(found.values()):
        fault = _meant(alternatives)
        text = fault.kind.startswith("string")
        marks.setdefault((fault.kind, repr(fault.given)) if text else number, fault)
    return list(marks.values())


def _meant(faults: list[Fault]) -> Fault:
    """Of the faults of alternatives the deepest in the data, where the value has the form of one; of several
    one that says what none may be of.
    """
    nearest = max(faults, key=lambda fault: (len(fault.keys), fault.kind == "value_error"))
    of_one_place = [
        fault
        for fault in faults
        if fault.keys == nearest.keys and (fault.kind == "value_error") == (nearest.kind == "value_error")
    ]
    return replace(nearest, message=" or ".join(dict.fromkeys(fault.message for fault in of_one_place)))


def _fault(raw: Any, data: Any) -> Fault:
    keys: list[Any] = []
    alternative = None
    location = [part for part in raw["loc"] if part != KEY]
    for number, part in enumerate(location, 1):
        lacking = number == len(location) and (raw["type"] in OF_KEYS or KEY in raw["loc"])
        known = part in data if isinstance(data, Mapping) else isinstance(data, BaseModel)
        if isinstance(part, str) and not lacking and not known:
            alternative = len(keys) if alternative is None else alternative
            continue
        keys.append(part)
        data = _within(data, part)
    of_key = KEY in raw["loc"] and raw["type"].startswith("string")
    return Fault(
        raw["type"],
        tuple(keys[:-1] if of_key else keys),
        _message(raw, of_key),
        raw["input"],
        of_key,
        alternative,
    )


def _within(data: Any, key: Any) -> Any:
    if isinstance(data, Mapping):
        return data.get(key)
    if isinstance(data, Sequence) and isinstance(key, int) and key < len(data):
        return data[key]
    return getattr(data, str(key), None)


def _message(raw: Any, of_key: bool) -> str:
    """What is wrong with a value, or with a key, in words."""
    given = raw["input"]
    message: str = raw["msg"].removeprefix("Value error, ")
    if raw["type"] == "string_pattern_mismatch":
        message = WORDS[raw["ctx"]["pattern"]]
    elif raw["type"] == "string_type" and isinstance(given, bool):
        message = BOOLEAN
    elif raw["type"] == "string_type" and isinstance(given, int | float):
        message = "a name or another text is needed, which of digits alone needs quotes"
    elif given is None and raw["type"] in ("dict_type", "model_type"):
        message = "nothing stands there where settings are needed: fill it, or remove the key"
    return f"{given!r:.60} is no name: {message}" if of_key else message


def sentence(fault: Fault, model: type[BaseModel], place: str = "") -> str:
    """The fault in a sentence without its stop, the keys being those below `place`."""
    path = ".".join(part for part in (place, *map(str, fault.keys)) if part)
    if fault.kind == "extra_forbidden":
        siblings = _keys_beside(model, fault.keys)
        close = difflib.get_close_matches(str(fault.keys[-1]), siblings, n=1)
        advice = f"did you mean {close[0]!r}" if close else f"known here: {', '.join(siblings)}"
        return f"{path} is not a setting ({advice})"
    if fault.kind == "missing":
        return f"{path} is missing"
    if not path:
        return fault.message
    return f"{path}: {fault.message}{'' if fault.of_key else f' (given: {fault.given!r:.60})'}"


def _keys_beside(model: type[BaseModel], location: Sequence[Any]) -> list[str]:
    """The settings that exist where the unknown key at `location` stands."""
    current: Any = model
    for key in location[:-1]:
        field = current.model_fields.get(key) if is_section(current) else None
        if field is not None:
            is_dict = getattr(field.annotation, "__origin__", None) is dict
            current = field.annotation if is_dict else _section_in(field.annotation)
        else:
            current = _section_in(current)  # dict[Name, Section]: step over the name
    return list(current.model_fields) if is_section(current) else []


def _section_in(annotation: Any) -> Any:
    """The section that an annotation such as Section | None or dict[Name, Section] holds."""
    parts = getattr(annotation, "__args__", ())
    return next((part for part in parts if is_section(part)), annotation)


Model = TypeVar("Model", bound=BaseModel)


def validate(model: type[Model], data: Mapping[str, Any], where: str) -> Model:
    """`data` as a `model`; raises UserError, one sentence per fault, each naming `where` and the key."""
    if not isinstance(data, Mapping | BaseModel):
        what = "is empty" if data is None else f"holds {data!r:.40}"
        raise UserError(f"{where} {what} where settings are needed: write them as `key: value`.")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = [f"{where}: {sentence(fault, model)}." for fault in faults_in(error, data)]
        raise UserError("\n".join(faults)) from None


def validate_json(model: type[Model], text: str, where: str) -> Model:
    """`text`, a JSON object given at `where` (a command-line option), as a `model`."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
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
        for fault in faults_in(error, merged):
            place = next((name for name, layer in reversed(layers) if _sets(layer, fault.keys)), "")
            faults.append(sentence(fault, model, place))
        raise ValueError("; ".join(faults)) from None


def _sets(layer: Mapping[str, Any], location: Sequence[Any]) -> bool:
    for key in location:
        if not isinstance(layer, Mapping) or key not in layer:
            return False
        layer = layer[key]
    return True
