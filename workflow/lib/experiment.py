"""The configuration of a run, validated, and all that the rules ask of it."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cobra.data.sources import locate
from cobra.experiment.reading import make_config, read_yaml
from cobra.reporting.figures.settings import PICTURES
from cobra.sharing.leaderboard.settings import names_in
from workflow.lib.code_digests import CodeDigests
from workflow.lib.data_digests import DataDigests
from workflow.lib.job_inputs import JobInputs
from workflow.lib.job_params import JobParams
from workflow.lib.job_settings import JobSettings
from workflow.lib.paths import Paths
from workflow.lib.priorities import Priorities
from workflow.lib.report_labels import ReportLabels


class Experiment:
    """One configuration; raises UserError if it is wrong or names what is not there."""

    def __init__(self, config: Mapping[str, Any], files: Sequence[str], folder: Path) -> None:
        for path in files:
            read_yaml(Path(path))  # of a key that stands twice Snakemake tells nothing
        self.config = make_config(config, str(files[-1]))
        self.paths = Paths(self.config)
        located = {
            name: locate(name, entry, self.paths.resources) for name, entry in self.config.entries.items()
        }
        self.settings = JobSettings(self.config, located)
        self.inputs = JobInputs(self.config, self.paths, self.settings, located)
        self.params = JobParams(self.config, self.paths)
        self.priorities = Priorities(self.config, self.settings)
        self.codes = CodeDigests(self.config, self.settings, folder / "scripts")
        self.contents = DataDigests(self.config, self.settings, located)
        self.labels = ReportLabels(self.config)
        self.pictures = [name for name, figure in self.config.figures.items() if figure.kind in PICTURES]
        self.plots = [name for name in self.config.figures if name not in self.pictures]
        leaderboard = self.config.leaderboard
        self.submissions = names_in(Path((leaderboard and leaderboard.folder) or os.devnull))
