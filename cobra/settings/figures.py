"""Settings of figures."""

from typing import Literal, Self

from pydantic import model_validator

from cobra.settings.base import Name, Section, setting
from cobra.settings.crafting import CraftingSettings
from cobra.settings.tables import MethodShown


class ContactSheetSettings(Section):
    """Images to look at before anything is trained on them."""

    classes: list[str] = setting(..., "Classes shown.", min_length=1)
    crafting: CraftingSettings = CraftingSettings()
    columns: int = setting(10, "Images per row.", ge=1)


class FigureLayout(Section):
    """A figure made from score files."""

    kind: Literal["budget", "eps"] = setting(
        ..., "budget: AUROC over steps x restarts of an attack; eps: AUROC over the budgets of a sweep."
    )
    title: str = setting(..., "Heading.", min_length=1)
    datasets: list[Name] = setting(..., "Data sets shown.", min_length=1)
    methods: list[Name] = setting(..., "Methods shown.", min_length=1)
    attack: Name | None = setting(None, "The attack of a figure of kind budget.")
    sweep: Name | None = setting(None, "The sweep of a figure of kind eps.")

    @model_validator(mode="after")
    def _has_its_source(self) -> Self:
        wanted, other = ("attack", "sweep") if self.kind == "budget" else ("sweep", "attack")
        if getattr(self, wanted) is None or getattr(self, other) is not None:
            raise ValueError(f"a figure of kind {self.kind} needs {wanted} and no {other}")
        return self

    @property
    def shown(self) -> Name:
        """The attack or sweep that it shows."""
        return self.attack or self.sweep or ""


class FigureSettings(Section):
    """The settings of a figure job, names resolved."""

    layout: FigureLayout
    classes: dict[Name, list[str]]
    methods: dict[Name, MethodShown]
    seeds: list[int]
