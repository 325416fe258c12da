"""The headline's settings: the configuration's names resolved."""

from cobra.settings.config import Config
from cobra.settings.headline import HeadlineSettings
from cobra.settings.jobs import attack_on, table_settings


def headline_settings(config: Config) -> HeadlineSettings | None:
    """The settings of the headline; None if the configuration has none."""
    if config.headline is None:
        return None
    table = table_settings(config, config.headline.table)
    dataset = config.headline.dataset or table.layout.datasets[0]
    parts = config.parts(table.layout.all_attacks[0])
    return HeadlineSettings(
        table=table,
        dataset=dataset,
        methods=config.headline.methods,
        attacks=[attack_on(config, dataset, part) for part in parts],
    )
