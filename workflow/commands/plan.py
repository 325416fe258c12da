"""The workflow's jobs as Snakemake plans them, without running any: for `why`, `report` and benchmarks.

Snakemake's API prints a plan but does not hand it out, hence the private names below; its version is locked.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from snakemake.api import SnakemakeApi
from snakemake.dag import DAG
from snakemake.exceptions import RuleException, WorkflowError
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    ExecutionSettings,
    OutputSettings,
    Quietness,
    ResourceSettings,
)

from cobra.errors import UserError
from cobra.experiment.reading import read_yaml


@contextlib.contextmanager
def planned(configfiles: Sequence[Path] = (), targets: Sequence[str] = ()) -> Iterator[DAG]:
    """The plan of the workflow in the current folder for `targets` (left out: its default); raises UserError
    if there is none, and for what Snakemake refuses within.
    """
    if not Path("Snakefile").is_file():
        raise UserError(f"{Path.cwd()} has no Snakefile: change with cd to the folder in which it lies.")
    for path in configfiles:
        if not isinstance(read_yaml(path), dict):  # names the line of a slip, which Snakemake does not
            raise UserError(f"{path} holds no settings: write them as `key: value`.")
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        try:
            yield _plan(api, configfiles, targets)
        except (WorkflowError, RuleException) as error:
            raise UserError(str(error)) from None


@contextlib.contextmanager
def planned_results(configfile: Path, targets: Sequence[str]) -> Iterator[DAG]:
    """The plan of finished results; raises UserError if there are none, or if one of their jobs is still to
    be run.
    """
    if not configfile.is_file():
        raise UserError(
            f"{configfile} does not exist: name the configuration that the results were made with."
        )
    with planned([configfile], targets) as dag:
        require_finished(dag, configfile, targets)
        yield dag


def _plan(api: SnakemakeApi, configfiles: Sequence[Path], targets: Sequence[str]) -> DAG:
    opened = api.workflow(
        resource_settings=ResourceSettings(cores=1),
        config_settings=ConfigSettings(configfiles=[path.absolute() for path in configfiles]),
        snakefile=Path("Snakefile"),
    )
    opened.dag(DAGSettings(targets=set(targets)))
    workflow = opened._workflow
    workflow._prepare_dag(forceall=False, ignore_incomplete=True, lock_warn_only=True)
    workflow._build_dag()
    return workflow.dag


def require_finished(dag: DAG, configfile: Path, targets: Sequence[str] = ()) -> None:
    """Raise UserError if jobs of the targets (left out: the default) are still to be run, or were killed."""
    waiting = Counter(job.rule.name for job in dag.needrun_jobs() if job.output)
    asked = f" -- {' '.join(targets)}" if targets else ""
    run = f"run `snakemake --configfile {configfile}{asked}` first"
    if waiting and not any(Path(path).exists() for job in dag.jobs for path in job.output):
        raise UserError(f"There are no results of {configfile}: {run}.")
    if waiting:
        jobs = ", ".join(f"{count} {name}" for name, count in sorted(waiting.items()))
        raise UserError(f"The results of {configfile} are unfinished or out of date ({jobs}): {run}.")
    unfinished = asyncio.run(dag.incomplete_files())
    if unfinished:
        raise UserError(f"{unfinished[0]} is unfinished, its job was killed: {run}.")


def finish(dag: DAG) -> None:
    """Create every output, empty, with the records that Snakemake writes when a job ends: for benchmarks."""
    dag.workflow.execution_settings = ExecutionSettings()
    for level in dag.toposorted():
        for job in level:
            for path in map(Path, job.output):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
            if job.output:
                asyncio.run(dag.workflow.persistence.finished(job))
