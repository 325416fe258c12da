"""Settings of the headline: the result in one sentence, from one table, with one picture."""

from typing import TYPE_CHECKING

from cobra.settings.attack import AttackSettings
from cobra.settings.base import Line, Name, Section, setting
from cobra.settings.checks import known
from cobra.settings.tables import TableSettings

if TYPE_CHECKING:
    from cobra.settings.config import Config


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


def headline_is_possible(config: "Config") -> None:
    """The headline names what exists, and its table has figures of its methods; raises ValueError."""
    headline = config.headline
    if headline is None:
        return
    known("headline.table", headline.table, config.tables)
    table = config.tables[headline.table]
    if table.rows != "methods" or table.measure != "auroc":
        raise ValueError(
            f"headline.table names {headline.table!r}, which has rows {table.rows} and measure "
            f"{table.measure}: name one with rows methods and measure auroc"
        )
    for method in headline.methods:
        known("headline.methods", method, table.methods)
    known("headline.dataset", headline.dataset, table.datasets)
    known("headline.figure", headline.figure, config.figures)
