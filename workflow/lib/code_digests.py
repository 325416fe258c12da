"""Digests of code: as params they tell Snakemake that a job's code is one of its inputs.

A job that imports a module by a name in its settings has that module in its digest and no other of its sort:
editing an attack's strategy reruns the attacks that follow it.
"""

from functools import cache
from pathlib import Path

from snakemake.iocontainers import Wildcards

from cobra.artifacts.digests import code_digest, module_digests
from cobra.data.readers import module_name as reader_module
from cobra.detectors.baselines import BASELINES
from cobra.detectors.user_code import source_digests
from cobra.experiment import reporting_jobs
from cobra.experiment.config import Config
from cobra.reporting.figures.settings import FIGURES
from cobra.settings.section import canonical_json
from cobra.training.contrastive import LOSSES
from workflow.lib.job_settings import JobSettings, judged


class CodeDigests:
    """Digests by wildcards, one method per rule whose code depends on its settings."""

    def __init__(self, config: Config, settings: JobSettings, scripts: Path) -> None:
        self.config = config
        self.settings = settings
        self.scripts = scripts
        self.files: dict[str, dict[str, str]] = {}  # of each digest: the digest of every file behind it
        self.of_users = {name: source_digests(detector.own) for name, detector in config.detectors.items()}

    @cache
    def script(self, name: str, *modules: str) -> str:
        """Of a script, all that it imports from cobra, and `modules`, which it imports by name."""
        path = self.scripts / name
        digest = code_digest(path, *modules)
        self.files[digest] = module_digests(path, *modules)
        return digest

    def preparation(self, wildcards: Wildcards) -> str:
        return self.script(
            "prepare_dataset.py", reader_module(self.settings.located[wildcards.dataset].reader)
        )

    def training(self, wildcards: Wildcards) -> str:
        trained = self.settings.trained(wildcards)
        return self.script("train_detector.py", *trained.modules)

    def baseline(self, wildcards: Wildcards) -> str:
        chosen = self.config.methods[wildcards.method].baseline
        assert chosen is not None
        return self.script("train_baseline.py", BASELINES.module(chosen["kind"]))

    def own(self, wildcards: Wildcards) -> str:
        """Of a user's module and declared files."""
        return canonical_json(self.of_users[wildcards.method])

    def geometry(self, wildcards: Wildcards) -> str:
        trained = self.settings.trained(wildcards)
        measured = LOSSES.modules(self.config.geometry.losses)
        return self.script("measure_geometry.py", *trained.modules, *measured)

    def attack(self, wildcards: Wildcards) -> str:
        return self._with_attacks("attack_detector.py", wildcards.attack)

    def history(self, wildcards: Wildcards) -> str:
        return self._with_attacks("follow_training.py", wildcards.attack)

    def sweep(self, wildcards: Wildcards) -> str:
        return self._with_attacks("sweep_detector.py", self.config.sweeps[wildcards.sweep].attack)

    def gates(self, wildcards: Wildcards) -> str:
        """A gate takes a few steps of each attack behind the figure that it judges."""
        return self._with_attacks("check_gates.py", *self.settings.gated(*judged(wildcards)).parts)

    def _with_attacks(self, script: str, *attacks: str) -> str:
        modules = [module for name in attacks for module in self.config.attacks[name].modules]
        return self.script(script, *modules)

    def contact_sheet(self, wildcards: Wildcards) -> str:
        settings = reporting_jobs.contact_sheet_settings(self.config, wildcards.dataset)
        modules = {module for crafting in settings.crafting.values() for module in crafting.modules}
        return self.script("plot_contact_sheet.py", *sorted(modules))

    def figure(self, wildcards: Wildcards) -> str:
        kind = self.config.figures[wildcards.figure].kind
        return self.script("plot_results.py", FIGURES.module(kind))

    def picture(self, wildcards: Wildcards) -> str:
        return self.script("plot_pictures.py", *self.settings.pictured(wildcards.figure).modules)
