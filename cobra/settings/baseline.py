"""Settings of a baseline's training. Those of each kind stand in its own module, `cobra.baselines.<kind>`."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from cobra.baselines import kinds, settings_class
from cobra.errors import UserError
from cobra.settings.base import Section, setting
from cobra.settings.data import TrainingSubset
from cobra.settings.errors import validate


class _AnyKind:
    """Tells the schema of the settings of all kinds, which are imported then alone: they bring torch."""

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"oneOf": [handler(settings_class(kind).__pydantic_core_schema__) for kind in kinds()]}


# A kind and its settings; checked by `kind_settings`.
Choice = Annotated[dict[str, Any], _AnyKind()]


class BaselineSettings(Section):
    """Everything that decides a trained baseline, beside data, class and seed."""

    subset: TrainingSubset = TrainingSubset()
    baseline: Choice = setting(..., "The kind, and its settings.")


def kind_settings(given: Mapping[str, Any], where: str) -> Section:
    """The settings of the kind that is `given` at `where`; raises UserError for faults in them."""
    kind = given.get("kind")
    if kind not in kinds():
        raise UserError(f"{where}.kind is {kind!r}, which is none of: {', '.join(kinds())}.")
    return validate(settings_class(kind), given, where)
