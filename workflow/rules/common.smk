"""What all rules share: the validated configuration and the paths of all that is made."""

import gc
import json
import os
import re
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod

from cobra import allocation, arithmetic, gpu_slots
from cobra.baselines import module_name as baseline_module
from cobra.contrastive import LOSSES
from cobra.data.catalog import DATASETS
from cobra.data.checksums import known_file
from cobra.data.contents import files_digest
from cobra.data.folders import image_files
from cobra.data.generated import class_folder
from cobra.data.readers import files_read, module_name
from cobra.data.sources import drop_folder, locate
from cobra.errors import UserError
from cobra.leaderboard.folder import archive_named, names_in
from cobra.digests import code_digest, module_digests
from cobra.provenance import run_record_path
from cobra.reporting.figures.kinds import FIGURES, caption, made_of
from cobra.settings import jobs, leaderboard_jobs
from cobra.settings.base import canonical_json
from cobra.settings.checks import OWN
from cobra.settings.config import Config
from cobra.settings.errors import validate
from cobra.settings.figures import PICTURES as OF_PICTURES
from cobra.settings.reading import read_yaml
from cobra.user_code import source_digests

# Planning makes millions of small objects that live to its end; looking for garbage among them again and
# again takes a sixth of its time (9,489 jobs: 13.3 in place of 15.8 s of CPU, the memory the same).
gc.set_threshold(100_000, 50, 1000)

try:
    for path in workflow.configfiles:
        read_yaml(Path(path))  # of a key that stands twice Snakemake tells nothing
    CONFIG = validate(Config, config, str(workflow.configfiles[-1]))
    RESOURCES = Path(CONFIG.data.resources)
    LOCATED = {
        name: locate(name, CONFIG.entry(name), RESOURCES) for name in CONFIG.datasets
    }
    OWN_CODE = {
        name: source_digests(detector.own)
        for name, detector in CONFIG.detectors.items()
    }
except UserError as error:
    raise WorkflowError(str(error)) from None

# Jobs import this checkout's cobra, also in an environment in which it is not installed, and a user's
# detector from where the user may import it.
USERS = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
os.environ.update(PYTHONPATH=os.pathsep.join([str(workflow.basedir), *USERS]))

for variable, value in allocation.ENVIRONMENT.items():
    os.environ.setdefault(variable, value)

os.environ[arithmetic.MODE] = CONFIG.machine

# Without a scheduler of a cluster as many jobs use a GPU at once as there are slots, and each takes a free one.
GPU_SLOTS = len(gpu_slots.slots())
RUNS_HERE = workflow.resource_settings.nodes is None
if GPU_SLOTS and RUNS_HERE and "gpu" not in workflow.global_resources:
    workflow.register_resource("gpu", GPU_SLOTS)

RESULTS = Path(CONFIG.results)
LOGS = RESULTS / "logs"
TRAINED = RESULTS / "{dataset}/{normal}/{method}/seed{seed}"
DOWNLOADED = str(RESOURCES / "downloads/{dataset}/{file}")
PREPARED = str(RESULTS / "prepared/{dataset}/images.npy")
DETECTOR = str(TRAINED / "detector.pt")
SNAPSHOTS = str(TRAINED / "snapshots.pt")
DESCRIPTOR = str(TRAINED / "detector.json")  # of a detector that is not ours
SCORES = str(TRAINED / "scores/{score}/{attack}.parquet")
SWEEP = str(TRAINED / "sweeps/{score}/{sweep}.parquet")
HISTORY = str(TRAINED / "history/{score}/{attack}.parquet")
GEOMETRY = str(TRAINED / "geometry.parquet")
GATES = str(TRAINED / "gates/{score}.json")
CONTACT_SHEET = str(RESULTS / "figures/contact_sheet_{dataset}.png")
FIGURE = str(RESULTS / "figures/{figure}.png")
PICTURES = [name for name in CONFIG.figures if CONFIG.figures[name].kind in OF_PICTURES]
FIGURES_OF_RESULTS = [name for name in CONFIG.figures if name not in PICTURES]
TABLE = str(RESULTS / "tables/{table}.csv")
FILES = {
    "scores": SCORES,
    "sweep": SWEEP,
    "history": HISTORY,
    "geometry": GEOMETRY,
    "tables": TABLE,
}
# What each kind of figure is made from, but those of pictures.
BEHIND = {kind: FILES.get(made_of(kind)) for kind in FIGURES.names()}
PROVENANCE = str(Path(TABLE).with_suffix(".provenance.csv"))
GATE_TABLE = TABLE.format(table="gates")
AUDIT = str(RESULTS / "audit.csv")
TERMS = str(RESULTS / "leaderboard/terms.json")
RECORD = str(
    RESULTS / "leaderboard/{dataset}/{normal}/{method}/seed{seed}/{score}.json"
)
CHECKED = str(RESULTS / "leaderboard/submitted/{submission}.json")
LEADERBOARD = str(RESULTS / "leaderboard.csv")
SUBMITTED = Path((CONFIG.leaderboard and CONFIG.leaderboard.folder) or os.devnull)
SUBMISSIONS = names_in(SUBMITTED)  # records made elsewhere
REPORTED = "config/reported.csv"
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
