"""What all rules share: the validated configuration, paths, and the params that make reruns exact."""

import os
from pathlib import Path

from snakemake.exceptions import WorkflowError

from cobra.data.catalog import DATASETS
from cobra.data.checksums import known_file
from cobra.data.readers import module_name
from cobra.data.sources import contents_digest, drop_folder, locate
from cobra.errors import UserError
from cobra.provenance import code_digest, run_record_path
from cobra.settings.base import canonical_json
from cobra.settings.config import Config
from cobra.settings.errors import validate

try:
    CONFIG = validate(Config, config, str(workflow.configfiles[-1]))
    RESOURCES = Path(CONFIG.data.resources)
    LOCATED = {
        name: locate(name, CONFIG.entry(name), RESOURCES) for name in CONFIG.datasets
    }
except UserError as error:
    raise WorkflowError(str(error)) from None

# Jobs import this checkout's cobra, also in an environment in which it is not installed.
os.environ.update(PYTHONPATH=str(workflow.basedir))

RESULTS = Path(CONFIG.results)
LOGS = RESULTS / "logs"
TRAINED = RESULTS / "{dataset}/{normal}/{method}/seed{seed}"
DOWNLOADED = str(RESOURCES / "downloads/{dataset}/{file}")
PREPARED = str(RESULTS / "prepared/{dataset}/images.npy")
DETECTOR = str(TRAINED / "detector.pt")
SCORES = str(TRAINED / "scores/{score}/{attack}.parquet")
CONTACT_SHEET = str(RESULTS / "figures/contact_sheet_{dataset}.png")
TABLE = str(RESULTS / "tables/{table}.csv")
REPORTED = "config/reported.csv"
CONDA = "../../envs/conda.yaml"


wildcard_constraints:
    dataset="|".join(CONFIG.datasets),
    normal=r"[^/]+",
    file=r"[^/]+",
    method="|".join(CONFIG.methods),
    score="|".join(CONFIG.scores),
    attack="|".join([*CONFIG.attacks, *CONFIG.combinations]),
    table="|".join(CONFIG.tables) or "none",
    seed=r"\d+",


# Params. Snakemake compares a job's params as a set of values without names, so each job has its settings
# as one canonical string, and the digest of the code behind its script as another.


def preparation_settings(wildcards):
    reader = LOCATED[wildcards.dataset].reader
    return canonical_json(CONFIG.preparation(wildcards.dataset, reader))


def preparation_code(wildcards):
    """The reader's code counts only for the data sets that it reads."""
    reader = LOCATED[wildcards.dataset].reader
    return code("prepare_dataset.py", module_name(reader))


def folder_contents(wildcards):
    """What lies in a folder of raw data: Snakemake does not look below its top."""
    folder = LOCATED[wildcards.dataset].folder
    return contents_digest(folder) if folder else "files"


def published_checksum(wildcards):
    """A file that its authors replaced is downloaded again, one whose address changed is not."""
    entry = DATASETS[wildcards.dataset]
    file = known_file(wildcards.dataset, entry, wildcards.file)
    return file.checksum or "none published"


# What decides whether a job may run but not what it makes must not make it run again: Snakemake does not
# track params that are computed from input or output.


def preparation_policy(wildcards, input):
    return canonical_json(CONFIG.policy(wildcards.dataset))


def drop_folder_named(wildcards, output):
    return str(drop_folder(wildcards.dataset, RESOURCES))


def licence_switch(wildcards, output):
    accepted = wildcards.dataset in CONFIG.data.accept_licences
    return "--accept-licence" if accepted else ""


def detector_settings(wildcards):
    return canonical_json(CONFIG.detector_settings(wildcards.dataset, wildcards.method))


def attack_settings(wildcards):
    chosen = CONFIG.evaluation_settings(
        wildcards.dataset, wildcards.score, wildcards.attack
    )
    return canonical_json(chosen)


def combination_settings(wildcards):
    return canonical_json(CONFIG.combinations[wildcards.attack])


def clean_settings(wildcards):
    return canonical_json(
        CONFIG.evaluation_settings(wildcards.dataset, wildcards.score, None)
    )


def table_settings(wildcards):
    return canonical_json(CONFIG.table_settings(wildcards.table))


def contact_sheet_settings(wildcards):
    return canonical_json(CONFIG.contact_sheet_settings(wildcards.dataset))


def score_pattern(wildcards):
    """Where score files lie; from a function, so that Snakemake leaves the braces alone."""
    return SCORES


def code(script, *modules):
    """Digest of a script and all it imports from cobra; tells Snakemake that code is an input."""
    return code_digest(Path(workflow.basedir) / "scripts" / script, *modules)


# Inputs.


def raw_sources(wildcards):
    """The files of a data set, or the one folder that holds them."""
    located = LOCATED[wildcards.dataset]
    return [located.folder] if located.folder else list(located.files)


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
            attack=attack,
        )
        for dataset in layout.datasets
        for normal in settings.classes[dataset]
        for method in layout.methods
        for score in settings.methods[method].scores
        for attack in layout.all_attacks
        for seed in settings.seeds
    ]


def scores_of_parts(wildcards):
    """The score files that a combination takes the worst of."""
    parts = CONFIG.combinations[wildcards.attack].parts
    return [SCORES.format(**{**wildcards, "attack": part}) for part in parts]
