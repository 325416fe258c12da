"""Errors of a configuration in sentences: what is wrong, where, what to do."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from cobra.errors import UserError
from cobra.settings.faults import sentence, told

Model = TypeVar("Model", bound=BaseModel)


def validate(model: type[Model], data: Mapping[str, Any], where: str) -> Model:
    """`data` as a `model`; raises UserError, one sentence per fault, each naming `where` and the key."""
    if not isinstance(data, Mapping | BaseModel):
        what = "is empty" if data is None else f"holds {data!r:.40}"
        raise UserError(f"{where} {what} where settings are needed: write them as `key: value`.")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = [f"{where}: {sentence(fault, model)}." for fault in told(error, data)]
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
        for fault in told(error, merged):
            place = next((name for name, layer in reversed(layers) if _sets(layer, fault.keys)), "")
            faults.append(sentence(fault, model, place))
        raise ValueError("; ".join(faults)) from None


def _sets(layer: Mapping[str, Any], location: Sequence[Any]) -> bool:
    for key in location:
        if not isinstance(layer, Mapping) or key not in layer:
            return False
        layer = layer[key]
    return True
