"""Settings of tables: layout, what the cells hold, and how sure they are."""

from typing import Annotated, Literal, Self

from pydantic import model_validator

from cobra.attacks.settings import AttackSettings
from cobra.settings.section import Distinct, DistinctNames, Line, Name, Names, Section, setting

OF_CLASSES = ("classes", "defects")  # rows that are of single classes


class TableLayout(Section):
    """A table: which results, and which of the paper's numbers stand beside them."""

    title: str = setting(..., "Heading.", min_length=1)
    rows: Literal["methods", "datasets", "classes", "defects", "attacks"] = setting(
        ...,
        "What a row is. Of methods, data sets are the columns; of data sets, or the classes of each, "
        "methods; of defects, too: each class and its kinds of defects (or other classes); of attacks, both.",
    )
    datasets: DistinctNames = setting(..., "Data sets shown.", min_length=1)
    classes: dict[Name, Annotated[list[str], Distinct()]] = setting(
        {}, "Per data set the classes shown; empty: all that are used."
    )
    methods: DistinctNames = setting(..., "Methods shown.", min_length=1)
    scores: DistinctNames = setting([], "Of the methods' scores those shown; empty: all.")
    measure: Literal["auroc", "accuracy"] = setting(
        "auroc", "What cells hold; accuracy: at the threshold of an attack of kind fab."
    )
    seeds: Annotated[list[int], Distinct()] = setting([], "Seeds shown; empty: all.")
    attack: Name | None = setting(None, "Attack (or combination) behind the robust figure.")
    attacks: DistinctNames = setting([], "Attacks shown, where rows are attacks.")
    reported: str | None = setting(None, "Table of the paper whose numbers stand beside ours.")
    differences: Name | None = setting(
        None,
        "With rows: methods, a method of the table that the others are compared with under the attack, image "
        "by image: the difference, its interval, and a p-value corrected for their number; empty: none.",
    )

    @model_validator(mode="after")
    def _differences_fit(self) -> Self:
        if self.differences and (self.rows != "methods" or self.measure != "auroc"):
            raise ValueError("differences needs rows: methods and measure: auroc")
        if self.differences and self.differences not in self.methods:
            raise ValueError(f"differences names {self.differences}, which methods does not: add it there")
        return self

    @model_validator(mode="after")
    def _defects_have_aurocs(self) -> Self:
        if self.rows == "defects" and self.measure != "auroc":
            raise ValueError("rows: defects needs measure: auroc")
        return self

    @model_validator(mode="after")
    def _attacks_fit_the_rows(self) -> Self:
        if self.rows == "attacks" and (not self.attacks or self.attack):
            raise ValueError("a table with rows: attacks needs attacks, a list, and no attack")
        if self.rows != "attacks" and self.attacks:
            raise ValueError(f"a table with rows: {self.rows} has one attack: attacks is for rows: attacks")
        if self.rows != "attacks" and not self.attack:
            raise ValueError("attack is missing")
        return self

    @property
    def all_attacks(self) -> list[Name]:
        """The attacks behind its figures."""
        return [self.attack] if self.attack else self.attacks


Source = Literal["images", "seeds", "classes"]


class BootstrapSettings(Section):
    """Uncertainty of a figure: what it is over, and how many values it might have had are drawn."""

    over: Annotated[list[Source], Distinct()] = setting(
        ["images", "seeds"],
        "What might have been others: the test images; the seeds of each class; the classes of each data set "
        "(for how a method does on classes like these).",
        min_length=1,
    )
    resamples: int = setting(4000, "Draws of a figure.", ge=100)
    confidence: float = setting(0.95, "Coverage of the interval.", gt=0, lt=1)


class MethodShown(Section):
    """A method as a table shows it."""

    label: str
    reported: Names = setting([], "Its names in the paper's tables.")
    scores: list[Name]
    inapplicable: dict[Name, list[Name]] = setting({}, "By score, the attacks shown that do not apply to it.")


class Shown(Section):
    """The detectors that something shows: the normal classes of each data set, methods and seeds."""

    classes: dict[Name, list[str]]
    methods: dict[Name, MethodShown]
    seeds: list[int]


class TableSettings(Shown):
    """The settings of a table job, names resolved."""

    layout: TableLayout
    partial: list[Name] = setting([], "Of these data sets not all the usual classes are shown.")
    paper_eps: dict[Name, float]
    bootstrap: BootstrapSettings
    gated: Name | None = setting(None, "The attack whose figures the gates judge; empty: no gates were set.")


class GateTableSettings(Shown):
    """The settings of the table of gates, names resolved."""

    claim: Name
    order: list[Name] = setting(..., "The methods in the order shown.")


class HeadlineConfig(Section):
    """What the report opens with, and `make demo` prints: a sentence, a picture and a table."""

    table: Name = setting(..., "The table, with rows: methods and measure auroc.")
    methods: dict[Name, Line] = setting(
        ...,
        "Methods of the table, and what the sentence calls each; the first is compared with the others. A "
        "method counts under the first of its scores in the table.",
        min_length=2,
    )
    dataset: Name | None = setting(None, "The data set of the table that it is about; empty: the first.")
    figure: Name | None = setting(None, "The figure shown as the picture; empty: none.")


class HeadlineSettings(Section):
    """The headline, names resolved."""

    table: TableSettings
    dataset: Name
    methods: dict[Name, Line]
    attacks: list[AttackSettings] = setting(
        ..., "The attack behind the robust figures; of a combination its parts.", min_length=1
    )
