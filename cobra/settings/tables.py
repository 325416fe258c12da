"""Settings of tables: layout, what the cells hold, and how sure they are."""

from typing import Literal

from cobra.settings.base import Name, Section, setting


class TableLayout(Section):
    """A table: which results, and which of the paper's numbers stand beside them."""

    title: str = setting(..., "Heading.", min_length=1)
    rows: Literal["methods", "datasets"] = setting(..., "What a row is; the other is a column.")
    datasets: list[Name] = setting(..., "Data sets shown.", min_length=1)
    methods: list[Name] = setting(..., "Methods shown.", min_length=1)
    attack: Name = setting(..., "Attack behind the robust figure.")
    reported: str | None = setting(None, "Table of the paper whose numbers stand beside ours.")


class BootstrapSettings(Section):
    """Uncertainty of a figure: the test images of each class are drawn anew."""

    resamples: int = setting(1000, "Bootstrap resamples.", ge=100)
    confidence: float = setting(0.95, "Coverage of the interval.", gt=0, lt=1)


class MethodShown(Section):
    """A method as a table shows it."""

    label: str
    reported: str | None
    scores: list[Name]


class TableSettings(Section):
    """The settings of a table job, names resolved."""

    layout: TableLayout
    classes: dict[Name, list[str]]
    paper_eps: dict[Name, float]
    methods: dict[Name, MethodShown]
    seeds: list[int]
    bootstrap: BootstrapSettings
