"""What the report shows under which heading; its captions lie in workflow/report/.

One label each, and the same for all: of a second one that has two values, in half of the entries each, the
report makes a switch, and its search has a column for each label.
"""

from collections import Counter

from snakemake.iocontainers import Wildcards

from cobra.experiment.config import Config
from cobra.reporting.figures.settings import caption

CATEGORIES = {  # the report lists them by the alphabet
    "tables": "1 Tables",
    "gates": "2 Gates",
    "figures": "3 Figures",
    "audit": "4 Audit",
    "provenance": "5 Provenance",
    "data": "6 Data",
    "leaderboard": "7 Leaderboard",
}


class ReportLabels:
    """Labels by wildcards."""

    def __init__(self, config: Config) -> None:
        self.config = config
        tables = [table.title for table in config.tables.values()]
        self.titles = Counter([*tables, *(figure.title for figure in config.figures.values())])

    def table(self, wildcards: Wildcards) -> dict[str, str]:
        return {"title": self._titled(wildcards.table, self.config.tables[wildcards.table].title)}

    def figure(self, wildcards: Wildcards) -> dict[str, str]:
        return {"title": self._titled(wildcards.figure, self.config.figures[wildcards.figure].title)}

    def _titled(self, name: str, title: str) -> str:
        """With the name where another has the same title: the report knows entries by their labels."""
        return f"{title} ({name})" if self.titles[title] > 1 else title


def captions(config: Config) -> dict[str, str]:
    """What each kind says of its figures."""
    return {
        name: caption(figure.kind, figure.attack, figure.sweep) for name, figure in config.figures.items()
    }
