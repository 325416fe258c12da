"""What all rules share: the validated configuration, paths, and the params that make reruns exact."""

import os
from pathlib import Path

from snakemake.exceptions import WorkflowError

from cobra.data.catalog import dropped_files
from cobra.errors import UserError
from cobra.provenance import code_digest, run_record_path
from cobra.settings.base import canonical_json
from cobra.settings.config import Config
from cobra.settings.errors import validate

try:
    CONFIG = validate(Config, config, str(workflow.configfiles[-1]))
except UserError as error:
    raise WorkflowError(str(error)) from None

# Jobs import this checkout's cobra, also in an environment in which it is not installed.
os.environ.update(PYTHONPATH=str(workflow.basedir))

RESULTS = Path(CONFIG.results)
LOGS = RESULTS / "logs"
TRAINED = RESULTS / "{dataset}/{normal}/{method}/seed{seed}"
PREPARED = str(RESULTS / "prepared/{dataset}/images.npy")
DETECTOR = str(TRAINED / "detector.pt")
SCORES = str(TRAINED / "scores/{score}/{attack}.parquet")
TABLE = str(RESULTS / "tables/{table}.csv")
REPORTED = "config/reported.csv"
CONDA = "../../envs/conda.yaml"


wildcard_constraints:
    dataset="|".join(CONFIG.datasets),
    normal=r"[^/]+",
    method="|".join(CONFIG.methods),
    score="|".join(CONFIG.scores),
    attack="|".join(CONFIG.attacks),
    table="|".join(CONFIG.tables) or "none",
    seed=r"\d+",


# Params. Snakemake compares a job's params as a set of values without names, so each job has its settings
# as one canonical string, and the digest of the code behind its script as another.


def preparation_settings(wildcards):
    return canonical_json(CONFIG.preparation(wildcards.dataset))


def detector_settings(wildcards):
    return canonical_json(CONFIG.detector_settings(wildcards.dataset, wildcards.method))


def attack_settings(wildcards):
    chosen = CONFIG.evaluation_settings(
        wildcards.dataset, wildcards.score, wildcards.attack
    )
    return canonical_json(chosen)


def clean_settings(wildcards):
    return canonical_json(
        CONFIG.evaluation_settings(wildcards.dataset, wildcards.score, None)
    )


def table_settings(wildcards):
    return canonical_json(CONFIG.table_settings(wildcards.table))


def score_pattern(wildcards):
    """Where score files lie; from a function, so that Snakemake leaves the braces alone."""
    return SCORES


def code(script):
    """Digest of a script and all it imports from cobra; tells Snakemake that code is an input."""
    return code_digest(Path(workflow.basedir) / "scripts" / script)


# Inputs.


def raw_files(wildcards):
    """The hand-placed files of a data set."""
    return placed_files(wildcards.dataset)


def placed_files(dataset):
    """The hand-placed files of a data set; a sentence naming what is missing, before any job runs."""
    try:
        return dropped_files(dataset, Path("resources/manual") / dataset)
    except FileNotFoundError as error:
        raise WorkflowError(str(error)) from None


# While it looks for work, Snakemake takes an error of an input function for "this file cannot be made",
# and settles for an older table if there is one. Here the error counts.
for dataset in CONFIG.datasets:
    if not Path(PREPARED.format(dataset=dataset)).is_file():
        placed_files(dataset)


def scores_of_table(wildcards):
    """All score files behind a table."""
    settings = CONFIG.table_settings(wildcards.table)
    layout = settings.layout
    return [
        SCORES.format(
            dataset=dataset,
            normal=normal,
            method=method,
            seed=seed,
            score=score,
            attack=layout.attack,
        )
        for dataset in layout.datasets
        for normal in settings.classes[dataset]
        for method in layout.methods
        for score in settings.methods[method].scores
        for seed in settings.seeds
    ]
