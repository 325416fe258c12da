"""Settings of the jobs that make figures of images and detectors, names resolved."""

from typing import Literal

from cobra.reporting.figures.kinds import FIGURES
from cobra.settings.attack import EvaluationSettings
from cobra.settings.base import Name, Section, setting
from cobra.settings.crafting import CraftingSettings
from cobra.settings.data import TrainingSubset
from cobra.settings.figures import PICTURES, FigureLayout

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
