"""The files that each job reads."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from snakemake.io import ancient, expand
from snakemake.iocontainers import Wildcards

from cobra.data.sources import Located
from cobra.experiment import reporting_jobs
from cobra.experiment.config import Config
from cobra.reporting.figures.settings import FigureSettings, made_of
from cobra.reporting.tables.settings import GateTableSettings, TableSettings
from cobra.sharing.leaderboard.settings import archive_named
from workflow.lib.job_settings import JobSettings, judged
from workflow.lib.paths import Paths, run_record

Names = Mapping[str, Any]  # a value per wildcard
Shown = TableSettings | GateTableSettings | FigureSettings  # what has classes, methods, scores and seeds


class JobInputs:
    """Input functions: by wildcards, paths; an empty list where a job has no such input."""

    def __init__(
        self, config: Config, paths: Paths, settings: JobSettings, located: Mapping[str, Located]
    ) -> None:
        self.config = config
        self.paths = paths
        self.settings = settings
        self.located = located

    def sources(self, wildcards: Wildcards) -> list[Any]:
        """The files of a data set, or the one folder that holds them."""
        located = self.located[wildcards.dataset]
        # a folder's time says nothing of its content, of which a digest is a param
        return [ancient(located.folder)] if located.folder else list(located.files)

    def detector(self, wildcards: Names) -> str:
        """The detector of a method: trained, or a user's."""
        return self.detector_file(wildcards["method"]).format(**wildcards)

    def detector_file(self, method: str) -> str:
        return self.paths.descriptor if method in self.config.detectors else self.paths.detector

    def transfer_source(self, wildcards: Wildcards) -> str | list[str]:
        """The detector on which a transfer attack is made."""
        source = self.settings.source(wildcards.method, int(wildcards.seed), wildcards.attack)
        if source is None:
            return []
        return self.detector({**wildcards, "method": source.method, "seed": source.seed})

    def parts(self, wildcards: Wildcards) -> list[str]:
        """The score files that a combination takes the worst of."""
        return self._parts(wildcards, wildcards.attack)

    def _parts(self, wildcards: Wildcards, attack: str) -> list[str]:
        chosen = self.settings.parts(wildcards.method, wildcards.score, attack)
        return [self.paths.scores.format(**{**wildcards, "attack": part}) for part in chosen]

    def judged_scores(self, wildcards: Wildcards) -> str:
        """The score file of the figure that the gates judge."""
        return self.paths.scores.format(**wildcards, attack=self._claim)

    @property
    def _claim(self) -> str:
        assert self.config.gates is not None
        return self.config.gates.claim

    def judged_parts(self, wildcards: Wildcards) -> list[str]:
        return self._parts(wildcards, self._claim)

    def doubled_scores(self, wildcards: Wildcards) -> str | list[str]:
        """Under the attack with twice the steps."""
        attack = self.settings.gated(*judged(wildcards)).doubled
        return [] if attack is None else self.paths.scores.format(**wildcards, attack=attack)

    def judged_sweep(self, wildcards: Wildcards) -> str | list[str]:
        sweep = self.settings.gated(*judged(wildcards)).sweep
        return [] if sweep is None else self.paths.sweep.format(**wildcards, sweep=sweep)

    def undefended_scores(self, wildcards: Wildcards) -> str | list[str]:
        """Of the detector that has no defence."""
        other = self.settings.gated(*judged(wildcards)).undefended
        if other is None:
            return []
        return self.paths.scores.format(**{**wildcards, **other.model_dump()}, attack=self._claim)

    def table_scores(self, wildcards: Wildcards) -> list[str]:
        """All score files behind a table."""
        settings = reporting_jobs.table_settings(self.config, wildcards.table)
        return for_all(self.paths.scores, settings, settings.layout.all_attacks)

    def table_records(self, wildcards: Wildcards) -> list[str]:
        """What tells how the score files behind a table were made: of each, or of the parts that it combines,
        the file with its run record, and of its detector the run record, or a user's descriptor. The
        detectors themselves are no input: where results were unpacked there are none.
        """
        settings = reporting_jobs.table_settings(self.config, wildcards.table)
        found: dict[str, None] = {}
        for names in shown(settings, settings.layout.all_attacks):
            for part in self.settings.parts(names["method"], names["score"], names["attack"]):
                scores = self.paths.scores.format(**{**names, "attack": part})
                found |= dict.fromkeys((scores, run_record(scores)))
            detector = self.detector(names)
            of_user = names["method"] in self.config.detectors
            found[detector if of_user else run_record(detector)] = None
        return list(found)

    def table_gates(self, wildcards: Wildcards) -> list[str]:
        """The verdicts on the figures of a table, where it shows the attack that they judge."""
        settings = reporting_jobs.table_settings(self.config, wildcards.table)
        if settings.gated is None or settings.gated not in settings.layout.all_attacks:
            return []
        return for_all(self.paths.gates, settings, [settings.gated])

    def all_gates(self, _: Wildcards) -> list[str]:
        return self._of_all_judged(self.paths.gates)

    def records(self, _: Wildcards) -> list[str]:
        """The leaderboard's records of all that is judged here."""
        return self._of_all_judged(self.paths.record)

    def _of_all_judged(self, pattern: str) -> list[str]:
        settings = reporting_jobs.gate_table_settings(self.config)
        return for_all(pattern, settings, [settings.claim])

    def judged_data(self, _: Wildcards) -> list[str]:
        """The prepared data of all data sets with judged figures."""
        return expand(self.paths.prepared, dataset=reporting_jobs.gate_table_settings(self.config).classes)

    def submission(self, wildcards: Wildcards) -> str:
        """A record made elsewhere."""
        assert self.config.leaderboard is not None
        assert self.config.leaderboard.folder is not None
        return archive_named(Path(self.config.leaderboard.folder), wildcards.submission)

    def figure_files(self, wildcards: Wildcards) -> list[str]:
        """The files of results, or the tables, behind a figure."""
        settings = reporting_jobs.figure_settings(self.config, wildcards.figure)
        pattern = self.paths.behind_figures[made_of(settings.layout.kind)]
        if settings.layout.tables:
            return expand(pattern, table=settings.layout.tables)
        found = for_all(pattern, settings, [settings.layout.shown])
        return list(dict.fromkeys(found))  # of a geometry one for all scores

    def pictured_data(self, wildcards: Wildcards) -> list[str]:
        """The prepared data sets that a figure of images shows."""
        return expand(self.paths.prepared, dataset=self.config.figures[wildcards.figure].datasets)

    def pictured_detectors(self, wildcards: Wildcards) -> list[str]:
        settings = self.settings.pictured(wildcards.figure)
        return [
            (self.paths.descriptor if panel.own else self.paths.detector).format(
                dataset=panel.dataset, normal=panel.normal, method=panel.method, seed=settings.seed
            )
            for panel in settings.detectors
        ]


def shown(settings: Shown, attacks: Iterable[str]) -> list[dict[str, Any]]:
    """The names of every class, method, score, attack and seed that a table or figure shows, of the `attacks`
    (or sweeps) those that apply.
    """
    return [
        {"dataset": dataset, "normal": normal, "method": name, "seed": seed, "score": score, "attack": attack}
        for dataset, classes in settings.classes.items()
        for normal in classes
        for name, method in settings.methods.items()
        for score in method.scores
        for attack in attacks
        if attack not in method.inapplicable[score]
        for seed in settings.seeds
    ]


def for_all(pattern: str, settings: Shown, attacks: Iterable[str]) -> list[str]:
    """`pattern` filled in for all that a table or figure shows of the `attacks` (or sweeps)."""
    return [pattern.format(**names, sweep=names["attack"]) for names in shown(settings, attacks)]
