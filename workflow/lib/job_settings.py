"""The settings of each job, as the canonical string that it gets in its params.

One string, because Snakemake compares a job's params as a set of values without names. Settings and strings
are kept: thousands of jobs differ in their class alone, and planning asks for each several times.
"""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from snakemake.iocontainers import Wildcards

from cobra.attacks.settings import CombinationSettings, SourceDetector
from cobra.data.sources import Located
from cobra.experiment import jobs, reporting_jobs
from cobra.experiment.config import Config
from cobra.gates.settings import GateSettings
from cobra.reporting.figures.paper_curves import paper_points
from cobra.reporting.figures.settings import FigureSettings, PictureSettings
from cobra.settings.section import canonical_json
from cobra.training.settings import DetectorSettings
from workflow.lib.paths import Paths


class JobSettings:
    """Canonical strings by wildcards, one method per rule; resolved settings by names."""

    def __init__(self, config: Config, located: Mapping[str, Located]) -> None:
        self.config = config
        self.located = located

    @cache
    def _text(self, settings_of: Callable[..., BaseModel], *names: str | int | None) -> str:
        """What `settings_of` makes of the configuration and a job's names."""
        return canonical_json(settings_of(self.config, *names))

    def preparation(self, wildcards: Wildcards) -> str:
        dataset = wildcards.dataset
        return self._text(Config.preparation, dataset, self.located[dataset].reader)

    def training(self, wildcards: Wildcards) -> str:
        return self._text(Config.detector_settings, *self._training(wildcards))

    def baseline(self, wildcards: Wildcards) -> str:
        return self._text(Config.baseline_settings, *self._training(wildcards))

    def own(self, wildcards: Wildcards) -> str:
        return canonical_json(self.config.detectors[wildcards.method].own)

    def attack(self, wildcards: Wildcards) -> str:
        return self._text(jobs.evaluation_settings, *judged(wildcards), wildcards.attack)

    def combination(self, wildcards: Wildcards) -> str:
        parts = self.parts(wildcards.method, wildcards.score, wildcards.attack)
        return canonical_json(CombinationSettings(parts=parts))

    def sweep(self, wildcards: Wildcards) -> str:
        return self._text(jobs.sweep_settings, *judged(wildcards), wildcards.sweep)

    def geometry(self, _: Wildcards) -> str:
        return canonical_json(self.config.geometry)

    def gates(self, wildcards: Wildcards) -> str:
        return canonical_json(self.gated(*judged(wildcards)))

    def table(self, wildcards: Wildcards) -> str:
        return self._text(reporting_jobs.table_settings, wildcards.table)

    def gate_table(self, _: Wildcards) -> str:
        return self._text(reporting_jobs.gate_table_settings)

    def figure(self, wildcards: Wildcards) -> str:
        return self._text(_figure, wildcards.figure)

    def contact_sheet(self, wildcards: Wildcards) -> str:
        return self._text(reporting_jobs.contact_sheet_settings, wildcards.dataset)

    def picture(self, wildcards: Wildcards) -> str:
        return canonical_json(self.pictured(wildcards.figure))

    def terms(self, _: Wildcards) -> str:
        return self._text(reporting_jobs.terms_settings)

    def record(self, wildcards: Wildcards) -> str:
        return self._text(jobs.record_settings, *judged(wildcards))

    def trained(self, wildcards: Wildcards) -> DetectorSettings:
        return self._trained(*self._training(wildcards))

    @cache
    def _trained(self, dataset: str, method: str, normal: str | None) -> DetectorSettings:
        return self.config.detector_settings(dataset, method, normal)

    def _training(self, wildcards: Wildcards) -> tuple[str, str, str | None]:
        """What of a job's names decides a training's settings."""
        normal = self.config.singled_out(wildcards.dataset, wildcards.normal)
        return wildcards.dataset, wildcards.method, normal

    @cache
    def parts(self, method: str, score: str, attack: str) -> list[str]:
        """The attacks that a combination takes the worst of, on this score."""
        return jobs.parts_for(self.config, method, score, attack)

    @cache
    def source(self, method: str, seed: int, attack: str) -> SourceDetector | None:
        """The detector on which a transfer attack is made."""
        return jobs.source_of(self.config, method, seed, self.config.attacks[attack])

    @cache
    def gated(self, *job: Any) -> GateSettings:
        return jobs.gate_settings(self.config, *job)

    @cache
    def pictured(self, figure: str) -> PictureSettings:
        return reporting_jobs.picture_settings(self.config, figure)


def _figure(config: Config, name: str) -> FigureSettings:
    """The settings of a figure; a history has the paper's curves among them."""
    settings = reporting_jobs.figure_settings(config, name)
    if settings.layout.kind != "history":
        return settings
    return settings.model_copy(update={"paper": paper_points(Path(Paths.reported), settings)})


def judged(wildcards: Wildcards) -> tuple[str, str, int, str]:
    """Data set, method, seed and score of a job."""
    return wildcards.dataset, wildcards.method, int(wildcards.seed), wildcards.score
