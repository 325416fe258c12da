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


# The settings that say what a kind of figure shows, and those that it may have besides.
SHOWN = ("datasets", "methods")
NEEDS = {
    "budget": (*SHOWN, "attack"),
    "eps": (*SHOWN, "sweep"),
    "roc": (*SHOWN, "attack"),
    "histogram": (*SHOWN, "attack"),
    "history": (*SHOWN, "attack"),
    "grid": (*SHOWN, "sweep"),
    "memory": (*SHOWN, "attack"),
    "geometry": SHOWN,
    "paper": ("tables",),
    "tradeoff": ("tables",),
    "crafted": SHOWN,
    "attacked": (*SHOWN, "attack"),
    "embeddings": SHOWN,
}
OPTIONAL = {"embeddings": {"attack"}}
WITHOUT_SCORES = ("crafted", "geometry")  # kinds about networks or images, not about a score
PICTURES = {"crafted": 8, "attacked": 8, "embeddings": 100}  # kinds made from images, and how many by default


class FigureLayout(Section):
    """A figure made from files of results or, of the kinds in PICTURES, from images and detectors."""

    kind: Literal[
        "budget",
        "eps",
        "roc",
        "histogram",
        "history",
        "grid",
        "memory",
        "geometry",
        "paper",
        "tradeoff",
        "crafted",
        "attacked",
        "embeddings",
    ] = setting(
        ...,
        "budget: AUROC over steps x restarts of an attack; eps: AUROC over the budgets of a sweep; roc, "
        "histogram: ROC curves, or scores, per class, clean and under an attack; history: losses, and "
        "AUROC clean and under an attack, over epochs (needs detector.schedule.snapshots); grid: AUROC over "
        "the eps of training (of the methods) x those of a sweep; memory: AUROC clean and under an attack "
        "over the memory of the methods' scores; geometry: cosines within and between groups, and where "
        "the attack of training moves embeddings, over epochs (needs snapshots); paper: the figures of "
        "tables over the paper's; tradeoff: the robust AUROCs of tables over the clean ones; crafted: "
        "pseudo-anomalies that the threshold filter keeps and rejects; attacked: test images before and "
        "after an attack; embeddings: t-SNE of test images, attacked ones too if an attack is named, and "
        "the memory.",
    )
    title: str = setting(..., "Heading.", min_length=1)
    datasets: list[Name] = setting([], "Data sets shown; of kinds made of tables none.")
    classes: dict[Name, list[str]] = setting({}, "Per data set the classes shown; empty: all that are used.")
    methods: list[Name] = setting([], "Methods shown; of kinds made of tables none.")
    scores: list[Name] = setting([], "Of the methods' scores those shown; empty: all.")
    attack: Name | None = setting(
        None, "The attack shown, where the kind shows one; of kinds roc and histogram also a combination."
    )
    sweep: Name | None = setting(None, "The sweep of a figure of kind eps or grid.")
    tables: list[Name] = setting([], "The tables, of measure auroc, of a figure of kind paper or tradeoff.")
    images: int | None = setting(
        None,
        "crafted, attacked (half of them anomalies): images per row; embeddings: points per group; "
        f"empty: {', '.join(f'{kind} {count}' for kind, count in PICTURES.items())}.",
        ge=2,
    )

    @model_validator(mode="after")
    def _has_its_source(self) -> Self:
        needed = NEEDS[self.kind]
        allowed = {*needed, *OPTIONAL.get(self.kind, ())}
        allowed |= {"classes", "scores"} if "datasets" in needed else set()
        allowed -= {"scores"} if self.kind in WITHOUT_SCORES else set()
        named = (*SHOWN, "classes", "scores", "attack", "sweep", "tables")
        others = [name for name in named if name not in allowed]
        if not all(getattr(self, name) for name in needed) or any(getattr(self, name) for name in others):
            raise ValueError(
                f"a figure of kind {self.kind} needs {' and '.join(needed)}, and no {' or '.join(others)}"
            )
        return self

    @model_validator(mode="after")
    def _shows_images(self) -> Self:
        if self.images is not None and self.kind not in PICTURES:
            raise ValueError(f"a figure of kind {self.kind} shows no images: remove images")
        return self

    @property
    def shown(self) -> Name:
        """The attack or sweep that it shows; of kinds without either none."""
        return self.attack or self.sweep or ""


class FigureSettings(Section):
    """The settings of a figure job, names resolved."""

    layout: FigureLayout
    classes: dict[Name, list[str]]
    methods: dict[Name, MethodShown]
    seeds: list[int]
