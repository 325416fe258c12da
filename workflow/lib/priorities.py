"""Which jobs start first: those of the first table of the configuration, then those of the second, and so on.

Rules name a priority by wildcards. Preparation and downloads come before all (their own priorities are 50 and
100); of what is left to start, Snakemake takes the highest.
"""

from functools import cached_property

from snakemake.iocontainers import Wildcards

from cobra.experiment import reporting_jobs
from cobra.experiment.config import Config
from cobra.reporting.tables.settings import TableSettings
from workflow.lib.job_settings import JobSettings

FIRST = 49  # of the first table, below the preparation of data
LEAST = 1  # of tables whose rank exceeds that; what no table shows has 0


class Priorities:
    """Priorities by wildcards."""

    def __init__(self, config: Config, settings: JobSettings) -> None:
        self.config = config
        self.settings = settings

    def training(self, wildcards: Wildcards) -> int:
        """That of the first table which shows the detector."""
        return self._of_first(wildcards, None)

    def attack(self, wildcards: Wildcards) -> int:
        """That of the first table which shows the detector under the attack or combination, or under one that
        the attack is part of.
        """
        return self._of_first(wildcards, wildcards.attack)

    def _of_first(self, wildcards: Wildcards, attack: str | None) -> int:
        for rank, table in enumerate(self._tables):
            if wildcards.method not in table.methods:
                continue
            if wildcards.normal not in table.classes.get(wildcards.dataset, ()):
                continue
            if attack is None or attack in self._attacks(wildcards.method, wildcards.score, table):
                return max(FIRST - rank, LEAST)
        return 0

    def _attacks(self, method: str, score: str, table: TableSettings) -> list[str]:
        """What a table shows of a method's score, and the attacks behind it."""
        if score not in table.methods[method].scores:
            return []
        shown = table.layout.all_attacks
        return [*shown, *(part for name in shown for part in self.settings.parts(method, score, name))]

    @cached_property
    def _tables(self) -> list[TableSettings]:
        return [reporting_jobs.table_settings(self.config, name) for name in self.config.tables]
