"""Checks of a whole configuration, made after its sections were validated one by one."""

from cobra.experiment.checks.figures import (
    figure_sources_are_known,
    memories_differ,
    pictures_are_possible,
    trainings_are_kept,
    trainings_differ_in_eps,
)
from cobra.experiment.checks.headline import headline_is_possible
from cobra.experiment.checks.leaderboard import leaderboard_is_possible
from cobra.experiment.checks.names import names_are_free, names_are_known
from cobra.experiment.checks.training import (
    generated_are_there,
    networks_are_possible,
    overrides_are_valid,
)
from cobra.experiment.config import Config


def check(config: Config) -> None:
    """Raise ValueError or UserError, in one sentence, for the first fault."""
    names_are_free(config)
    names_are_known(config)
    figure_sources_are_known(config)
    leaderboard_is_possible(config)
    headline_is_possible(config)
    overrides_are_valid(config)
    generated_are_there(config)
    networks_are_possible(config)
    trainings_are_kept(config)
    pictures_are_possible(config)
    trainings_differ_in_eps(config)
    memories_differ(config)
