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


# The setting that names what a kind of figure shows.
NEEDS = {"budget": "attack", "eps": "sweep", "history": "attack"}
NAMES = ("attack", "sweep")


class FigureLayout(Section):
    """A figure made from files of results."""

    kind: Literal["budget", "eps", "history"] = setting(
        ...,
        "budget: AUROC over steps x restarts of an attack; eps: AUROC over the budgets of a sweep; history: "
        "losses, and AUROC clean and under an attack, over epochs (needs detector.schedule.snapshots).",
    )
    title: str = setting(..., "Heading.", min_length=1)
    datasets: list[Name] = setting(..., "Data sets shown.", min_length=1)
    classes: dict[Name, list[str]] = setting({}, "Per data set the classes shown; empty: all that are used.")
    methods: list[Name] = setting(..., "Methods shown.", min_length=1)
    attack: Name | None = setting(None, "The attack shown, where the kind shows one.")
    sweep: Name | None = setting(None, "The sweep of a figure of kind eps.")

    @model_validator(mode="after")
    def _has_its_source(self) -> Self:
        wanted = NEEDS[self.kind]
        others = [name for name in NAMES if name != wanted]
        if not getattr(self, wanted) or any(getattr(self, name) for name in others):
            raise ValueError(f"a figure of kind {self.kind} needs {wanted} and no {' or '.join(others)}")
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
