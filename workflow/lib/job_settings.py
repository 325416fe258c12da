"""The settings of each job, as the canonical string that it gets in its params.

One string, because Snakemake compares a job's params as a set of values without names. The strings are
kept: thousands of jobs differ in their class alone, and planning asks for each several times.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from snakemake.iocontainers import Wildcards

from cobra.attacks.settings import SourceDetector
from cobra.data.sources import Located
from cobra.experiment import jobs, leaderboard_jobs
from cobra.experiment.config import Config
from cobra.experiment.picture_jobs import picture_settings
from cobra.gates.settings import GateSettings
from cobra.reporting.figures.settings import PictureSettings
from cobra.settings.section import canonical_json
from cobra.training.settings import DetectorSettings


class JobSettings:
    """Canonical strings by wildcards, one method per rule; resolved settings by names."""

    def __init__(self, config: Config, located: Mapping[str, Located]) -> None:
        self.config = config
        self.located = located

    def preparation(self, wildcards: Wildcards) -> str:
        reader = self.located[wildcards.dataset].reader
        return canonical_json(self.config.preparation(wildcards.dataset, reader))

    def training(self, wildcards: Wildcards) -> str:
        return self._training(wildcards.dataset, wildcards.method)

    @cache
    def _training(self, dataset: str, method: str) -> str:
        return canonical_json(self.trained(dataset, method))

    @cache
    def trained(self, dataset: str, method: str) -> DetectorSettings:
        return self.config.detector_settings(dataset, method)

    def baseline(self, wildcards: Wildcards) -> str:
        return self._baseline(wildcards.dataset, wildcards.method)

    @cache
    def _baseline(self, dataset: str, method: str) -> str:
        return canonical_json(self.config.baseline_settings(dataset, method))

    def own(self, wildcards: Wildcards) -> str:
        return canonical_json(self.config.detectors[wildcards.method].own)

    def attack(self, wildcards: Wildcards) -> str:
        return self._attack(*judged(wildcards), wildcards.attack)

    @cache
    def _attack(self, *job: Any) -> str:
        return canonical_json(jobs.evaluation_settings(self.config, *job))

    @cache
    def parts(self, method: str, score: str, attack: str) -> list[str]:
        """The attacks that a combination takes the worst of, on this score."""
        return jobs.parts_for(self.config, method, score, attack)

    @cache
    def source(self, method: str, seed: int, attack: str) -> SourceDetector | None:
        """The detector on which a transfer attack is made."""
        return jobs.source_of(self.config, method, seed, self.config.attacks[attack])

    def combination(self, wildcards: Wildcards) -> str:
        return self._combination(wildcards.method, wildcards.score, wildcards.attack)

    @cache
    def _combination(self, *job: str) -> str:
        return canonical_json(jobs.combination_settings(self.config, *job))

    def sweep(self, wildcards: Wildcards) -> str:
        return self._sweep(*judged(wildcards), wildcards.sweep)

    @cache
    def _sweep(self, *job: Any) -> str:
        return canonical_json(jobs.sweep_settings(self.config, *job))

    def geometry(self, _: Wildcards) -> str:
        return canonical_json(self.config.geometry)

    def gates(self, wildcards: Wildcards) -> str:
        return canonical_json(self.gated(*judged(wildcards)))

    @cache
    def gated(self, *job: Any) -> GateSettings:
        return jobs.gate_settings(self.config, *job)

    def table(self, wildcards: Wildcards) -> str:
        return canonical_json(jobs.table_settings(self.config, wildcards.table))

    def gate_table(self, _: Wildcards) -> str:
        return canonical_json(jobs.gate_table_settings(self.config))

    def figure(self, wildcards: Wildcards) -> str:
        return canonical_json(jobs.figure_settings(self.config, wildcards.figure))

    def contact_sheet(self, wildcards: Wildcards) -> str:
        return canonical_json(jobs.contact_sheet_settings(self.config, wildcards.dataset))

    def picture(self, wildcards: Wildcards) -> str:
        return canonical_json(self.pictured(wildcards.figure))

    def pictured(self, figure: str) -> PictureSettings:
        return picture_settings(self.config, figure)

    def terms(self, _: Wildcards) -> str:
        return self._terms()

    @cache
    def _terms(self) -> str:
        return canonical_json(leaderboard_jobs.terms_settings(self.config))

    def record(self, wildcards: Wildcards) -> str:
        return canonical_json(leaderboard_jobs.record_settings(self.config, *judged(wildcards)))


def judged(wildcards: Wildcards) -> tuple[str, str, int, str]:
    """Data set, method, seed and score of a job."""
    return wildcards.dataset, wildcards.method, int(wildcards.seed), wildcards.score
