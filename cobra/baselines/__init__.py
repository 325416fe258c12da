"""Other detectors than ours, trained and judged as ours are, one module each: its `Settings` and `Fitted`.

A module is imported by the name that the settings give, so its code counts only for the methods that name
it, and none is imported before one does. `parts` holds what several of them share.
"""

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, Any

from cobra.settings.base import Section

if TYPE_CHECKING:
    from cobra.baselines.parts.baseline import Baseline


def kinds() -> list[str]:
    """The baselines that there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg)


def module_name(kind: str) -> str:
    """The module of a kind: part of the code behind its detectors."""
    return f"cobra.baselines.{kind}"


def settings_class(kind: str) -> type[Section]:
    """The settings of a kind."""
    found: type[Section] = import_module(module_name(kind)).Settings
    return found


def fitted_class(kind: str) -> "type[Baseline[Any]]":
    """What a kind makes of the normal training images."""
    found: type[Baseline[Any]] = import_module(module_name(kind)).Fitted
    return found
