"""Checks of the headline: it names what exists, and its table has figures of its methods."""

from cobra.experiment.checks.names import known
from cobra.experiment.config import Config


def headline_is_possible(config: Config) -> None:
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
