"""Params that are neither settings nor digests: what a job is about, options, where files lie.

What decides whether a job may run, but not what it makes, must not make it run again: Snakemake does not
track params that are computed from input or output, hence these arguments of some functions.
"""

from shlex import quote

from snakemake.iocontainers import InputFiles, OutputFiles, Wildcards

from cobra.data.sources import drop_folder
from cobra.experiment.config import Config
from cobra.reporting.figures.settings import made_of
from cobra.settings.section import canonical_json
from workflow.lib.paths import Paths


class JobParams:
    """Functions of wildcards. Patterns come from functions so that Snakemake leaves their braces alone."""

    def __init__(self, config: Config, paths: Paths) -> None:
        self.config = config
        self.paths = paths

    def subject(self, wildcards: Wildcards) -> str:
        """What the artifact is about, as a command's options. A param, so that between-workflow caching,
        which knows a job by its params and inputs, tells two classes apart.
        """
        return " ".join(f"--{name} {quote(value)}" for name, value in wildcards.items())

    def preparation_policy(self, wildcards: Wildcards, input: InputFiles) -> str:  # noqa: A002, ARG002
        return canonical_json(self.config.policy(wildcards.dataset))

    def drop_folder(self, wildcards: Wildcards, output: OutputFiles) -> str:  # noqa: ARG002
        return str(drop_folder(wildcards.dataset, self.paths.resources))

    def accept_licence(self, wildcards: Wildcards, output: OutputFiles) -> str:  # noqa: ARG002
        accepted = wildcards.dataset in self.config.data.accept_licences
        return "--accept-licence" if accepted else ""

    def transfer_source(self, _: Wildcards, input: InputFiles) -> str:  # noqa: A002
        return f"--source {input.source}" if input.source else ""

    def evidence(self, _: Wildcards, input: InputFiles) -> str:  # noqa: A002
        """The files that only some configurations judge by, as options."""
        given = {name: getattr(input, name) for name in ("doubled", "sweep", "undefended")}
        return " ".join(f"--{name} {path}" for name, path in given.items() if path)

    def score_pattern(self, _: Wildcards) -> str:
        return self.paths.scores

    def gate_pattern(self, _: Wildcards) -> str:
        return self.paths.gates

    def data_pattern(self, _: Wildcards) -> str:
        return self.paths.prepared

    def detector_pattern(self, _: Wildcards) -> str:
        return self.paths.detector

    def detector_patterns(self, _: Wildcards) -> list[str]:
        """Where trained detectors lie, and descriptors of users'."""
        return [self.paths.detector, self.paths.descriptor]

    def figure_pattern(self, wildcards: Wildcards) -> str:
        return self.paths.behind_figures[made_of(self.config.figures[wildcards.figure].kind)]

    def code_book(self, _: Wildcards) -> str:
        return str(self.paths.code_book)

    def data_logs(self, _: Wildcards | None = None) -> list[str]:
        """Whose last lines tell why a score file is missing: of preparing the data."""
        return [str(self.paths.logs / "prepare/{dataset}.log")]

    def score_logs(self, _: Wildcards | None = None) -> list[str]:
        """As above, of training and attack."""
        detector = "{dataset}/{normal}/{method}/seed{seed}"
        score = f"{detector}/{{score}}/{{attack}}"
        stages = (f"train/{detector}", f"adopt/{detector}", f"attack/{score}", f"combine/{score}")
        return [str(self.paths.logs / f"{stage}.log") for stage in stages]
