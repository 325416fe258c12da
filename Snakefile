"""COBRA: data -> detectors, one per normal class -> scores, clean and under attack -> tables.

Settings come from one configuration file: config/config.yaml (the demo) unless --configfile names another.
What the rules call lies in workflow/lib.
"""

import re
import sys
import time
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod
from snakemake.utils import min_version

min_version("9.0")

ROOT = Path(workflow.basedir).resolve()
if Path.cwd() != ROOT:
    raise WorkflowError(
        f"Snakemake runs in {Path.cwd()}, but commands and paths start from {ROOT}: change there"
        " with cd, and set results and data.resources in the configuration for other places."
    )
sys.path.insert(0, str(ROOT))

from cobra.artifacts.provenance import write_code
from cobra.detectors.settings import OWN
from cobra.errors import UserError
from workflow.lib import job_environment, records
from workflow.lib.experiment import Experiment
from workflow.lib.paths import beside, run_record
from workflow.lib.report_labels import CATEGORIES, captions
from workflow.lib.summary import summary

BEGAN = time.time()
job_environment.collect_garbage_rarely()

# A file given with --configfile replaces the demo's, it does not extend it.
if not workflow.configfiles:

    configfile: "config/config.yaml"


try:
    experiment = Experiment(config, workflow.configfiles, ROOT)
except UserError as error:
    raise WorkflowError(str(error)) from None
job_environment.prepare(ROOT, experiment.config.machine)
job_environment.share_gpus(workflow)

CONFIG = experiment.config
paths = experiment.paths
inputs = experiment.inputs
settings = experiment.settings
options = experiment.params
codes = experiment.codes
contents = experiment.contents
labels = experiment.labels
config["captions"] = captions(
    CONFIG
)  # captions of the report are given the configuration alone

# Snakemake looks a job's environment up whether or not it is used, which costs 2 s in 10,000 jobs.
BY_CONDA = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
CONDA = "../../envs/conda.yaml" if BY_CONDA else None


wildcard_constraints:
    dataset="|".join(CONFIG.datasets),
    normal=r"[^/]+",
    file=r"[^/]+",
    method="|".join([*CONFIG.methods, *CONFIG.detectors]),
    score="|".join([*CONFIG.scores, OWN]),
    attack="|".join([*CONFIG.attacks, *CONFIG.combinations]),
    sweep="|".join(CONFIG.sweeps) or "(?!)",
    figure="|".join(CONFIG.figures) or "(?!)",
    table="|".join(CONFIG.tables) or "none",
    seed=r"\d+",


report: "workflow/report/workflow.rst"


include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/attack.smk"
include: "workflow/rules/gates.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/leaderboard.smk"


rule demo:
    """Tables and where their figures come from, figures of results, leaderboard, audit: the default target."""
    default_target: True
    input:
        expand([paths.table, paths.provenance], table=CONFIG.tables),
        expand(paths.figure, figure=experiment.plots),
        paths.gate_table if CONFIG.gates else [],
        [paths.leaderboard, paths.terms] if CONFIG.leaderboard else [],
        paths.audit,


rule figures:
    """Every figure of the configuration, those that show images too, and what its data look like."""
    input:
        expand(paths.figure, figure=CONFIG.figures),
        expand(paths.contact_sheet, dataset=CONFIG.datasets),


for table_name in CONFIG.tables:

    rule:
        name:
            f"table_{table_name}"
        input:
            paths.table.format(table=table_name),


onstart:
    records.refuse_mismatches(workflow)
    write_code(paths.code_book, codes.files)


onsuccess:
    print(summary(workflow, BEGAN), file=sys.stderr)


onerror:
    print(summary(workflow, BEGAN), file=sys.stderr)
