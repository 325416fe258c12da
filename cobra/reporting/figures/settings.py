"""Settings of figures, and the registry of their kinds: what each is made from, which settings it takes."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import model_validator

from cobra.attacks.settings import EvaluationSettings
from cobra.data.settings import TrainingSubset
from cobra.registry import Registry
from cobra.reporting.tables.settings import Shown
from cobra.settings.section import Distinct, DistinctNames, Name, OneOf, Section, setting
from cobra.training.crafting.settings import CraftingSettings

FIGURES = Registry("cobra.reporting.figures.kinds", Path(__file__).parent / "kinds")
SHOWN = ("datasets", "methods", "classes", "scores", "attack", "sweep", "tables")  # not by every kind


def made_of(kind: str) -> str:
    """What a kind of figure is made from."""
    return FIGURES.constant(kind, "MADE_OF")


def needs(kind: str) -> tuple[str, ...]:
    """The settings that it must have."""
    return tuple(FIGURES.constant(kind, "NEEDS"))


def may(kind: str) -> tuple[str, ...]:
    """The settings that it may have besides."""
    return tuple(FIGURES.constant(kind, "MAY", ()))


def caption(kind: str, attack: str | None, sweep: str | None) -> str:
    """What the report says of a figure."""
    text: str = FIGURES.constant(kind, "CAPTION")
    return text.strip().format(attack=attack, sweep=sweep)


FigureKind = Annotated[str, OneOf(FIGURES.names())]
# The kinds made from images, and how many of them each shows by default.
PICTURES: dict[str, int] = {
    kind: FIGURES.constant(kind, "IMAGES") for kind in FIGURES.names() if made_of(kind) == "pictures"
}


class ContactSheetSettings(Section):
    """Images to look at before anything is trained on them."""

    classes: list[str] = setting(..., "Classes shown.", min_length=1)
    crafting: dict[str, CraftingSettings] = setting(..., "How each class's pseudo-anomalies are crafted.")
    columns: int = setting(10, "Images per row.", ge=1)


class FigureLayout(Section):
    """A figure made from files of results or, of the kinds in PICTURES, from images and detectors."""

    kind: FigureKind = setting(
        ..., "; ".join(f"{kind}: {FIGURES.summary(kind)}" for kind in FIGURES.names()) + "."
    )
    title: str = setting(..., "Heading.", min_length=1)
    datasets: DistinctNames = setting([], "Data sets shown; of kinds made of tables none.")
    classes: dict[Name, Annotated[list[str], Distinct()]] = setting(
        {}, "Per data set the classes shown; empty: all that are used."
    )
    methods: DistinctNames = setting([], "Methods shown; of kinds made of tables none.")
    scores: DistinctNames = setting([], "Of the methods' scores those shown; empty: all.")
    attack: Name | None = setting(
        None, "The attack shown, where the kind shows one; of kinds roc and histogram also a combination."
    )
    sweep: Name | None = setting(None, "The sweep of a figure of kind eps or grid.")
    tables: DistinctNames = setting(
        [], "The tables, of measure auroc, of a figure of kind paper or tradeoff."
    )
    images: int | None = setting(
        None,
        "crafted, attacked (half of them anomalies): images per row; embeddings: points per group; "
        f"empty: {', '.join(f'{kind} {count}' for kind, count in PICTURES.items())}.",
        ge=2,
    )
    compact: bool = setting(
        False, "attacked: blocks side by side, clean and attacked images above their scores, in large type."
    )

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        needed = needs(self.kind)
        others = [name for name in SHOWN if name not in (*needed, *may(self.kind))]
        if not all(getattr(self, name) for name in needed) or any(getattr(self, name) for name in others):
            raise ValueError(
                f"a figure of kind {self.kind} needs {' and '.join(needed)}, and no {' or '.join(others)}"
            )
        if self.images is not None and self.kind not in PICTURES:
            raise ValueError(f"a figure of kind {self.kind} shows no images: remove images")
        if self.compact and self.kind != "attacked":
            raise ValueError(f"compact is for figures of kind attacked, not of kind {self.kind}: remove it")
        return self

    @property
    def shown(self) -> Name:
        """The attack or sweep that it shows; of kinds without either none."""
        return self.attack or self.sweep or ""


class PaperPoint(Section):
    """A point of the paper's training curve of a data set and of the method that it calls as ours: AUROC in
    percent after so many of its epochs, None where it cannot be read off.
    """

    dataset: Name
    method: Name
    epoch: int
    clean: float | None
    robust: float | None


class FigureSettings(Shown):
    """The settings of a figure job, names resolved."""

    layout: FigureLayout
    paper: list[PaperPoint] = setting([], "Of kind history, the paper's curves beside ours.")


Space = Literal["projection", "backbone"]


class CraftedPanel(Section):
    """The pseudo-anomalies of a class, as some methods craft them."""

    dataset: Name
    normal: str
    labels: list[str]
    subset: TrainingSubset
    crafting: CraftingSettings


class DetectorPanel(Section):
    """A detector and one of its scores."""

    dataset: Name
    normal: str
    method: Name
    label: str
    score: Name
    evaluation: EvaluationSettings
    own: bool = setting(False, "Whether it is a detector of the user's, a descriptor.")
    subset: TrainingSubset = TrainingSubset()
    space: Space = "projection"


class PictureSettings(Section):
    """The settings of a figure of pictures: what it shows of the first seed's crafting or detectors."""

    layout: FigureLayout
    seed: int
    crafted: list[CraftedPanel] = setting([], "Of kind crafted, the panels.")
    detectors: list[DetectorPanel] = setting([], "Of the other kinds, the panels.")

    @property
    def images(self) -> int:
        """Images per row, points per group."""
        return self.layout.images or PICTURES[self.layout.kind]

    @property
    def modules(self) -> list[str]:
        """The modules that they name: of the kind of figure, and of what crafts or attacks its images."""
        crafted = [module for panel in self.crafted for module in panel.crafting.modules]
        attacks = [panel.evaluation.attack for panel in self.detectors]
        attacked = [module for attack in attacks if attack for module in attack.modules]
        return sorted({FIGURES.module(self.layout.kind), *crafted, *attacked})
