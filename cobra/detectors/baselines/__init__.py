"""Other detectors than ours, trained and judged as ours are, one module each: its `Settings` and `Fitted`.

A module is imported by the name that the settings give, so its code counts only for the methods that name
it, and none is imported before one does. `parts` holds what several of them share.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cobra.registry import Registry
from cobra.settings.section import Section

if TYPE_CHECKING:
    from cobra.detectors.baselines.parts.baseline import Baseline

BASELINES = Registry(__name__, Path(__file__).parent)


def kinds() -> list[str]:
    """The baselines that there are."""
    return BASELINES.names()


def module_name(kind: str) -> str:
    """The module of a kind: part of the code behind its detectors."""
    return BASELINES.module(kind)


def settings_class(kind: str) -> type[Section]:
    """The settings of a kind."""
    found: type[Section] = BASELINES.load(kind).Settings
    return found


def fitted_class(kind: str) -> "type[Baseline[Any]]":
    """What a kind makes of the normal training images."""
    found: type[Baseline[Any]] = BASELINES.load(kind).Fitted
    return found
