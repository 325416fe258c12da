"""What the Snakefile does before its rules: it checks where it runs, and reads the configuration."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod
from snakemake.utils import update_config
from snakemake.workflow import Workflow

from cobra.errors import UserError
from workflow.lib import job_environment, warm
from workflow.lib.experiment import Experiment
from workflow.lib.report_labels import captions


def require_root(workflow: Workflow) -> None:
    """Raise WorkflowError unless Snakemake runs in the Snakefile's folder."""
    root = Path(workflow.basedir).resolve()
    if Path.cwd() != root:
        raise WorkflowError(
            f"Snakemake runs in {Path.cwd()}, but commands and paths start from {root}: change there"
            " with cd, and set results and data.resources in the configuration for other places."
        )


def begin(workflow: Workflow, config: dict[str, Any]) -> Experiment:
    """The experiment that `config` describes, with the environment of its jobs set; raises WorkflowError for
    a configuration that is wrong.
    """
    root = Path(workflow.basedir).resolve()
    job_environment.collect_garbage_rarely()
    update_config(config, lists_and_mappings(workflow.config_settings.config_args))
    try:
        experiment = Experiment(config, workflow.configfiles, root)
    except UserError as error:
        raise WorkflowError(str(error)) from None
    job_environment.prepare(root, experiment.config.machine)
    job_environment.share_gpus(workflow)
    config["captions"] = captions(experiment.config)  # a caption of the report is given `config` alone
    return experiment


def lists_and_mappings(arguments: Iterable[str]) -> dict[str, Any]:
    """Those among the values of `--config`: Snakemake leaves all that is within them as text."""
    found = {}
    for name, _, text in (argument.partition("=") for argument in arguments):
        with suppress(yaml.YAMLError):  # no YAML, and so text to Snakemake, too
            found[name] = yaml.safe_load(text)
    return {name: value for name, value in found.items() if isinstance(value, list | dict)}


def conda_file(workflow: Workflow) -> str | None:
    """The jobs' conda environment, from the folder of the rules; None unless Snakemake is asked to use conda,
    for it looks the file up whether or not it is used, which costs 2 s in 10,000 jobs.
    """
    asked = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
    return "../../envs/conda.yaml" if asked else None


def import_once(workflow: Workflow) -> None:
    """Where jobs run on this machine, and enough of them by `warm`, have torch imported once for all."""
    scripts = sum("workflow/lib/warm.py" in (job.rule.shellcmd or "") for job in workflow.dag.needrun_jobs())
    if workflow.resource_settings.nodes is None and scripts > 2:
        warm.start()
