"""What is asked of results that came without Snakemake's records of making them: copied or unpacked ones."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError
from snakemake.jobs import Job
from snakemake.workflow import Workflow

from cobra.artifacts.differences import settings_differences
from cobra.artifacts.provenance import identity_of
from cobra.errors import UserError

Settings = Mapping[str, Any]

# Of a rule's artifact, the part of its identity's settings that the job is given as `--settings`.
GIVEN: dict[str, Callable[[Settings], Any]] = {
    "train_detector": lambda settings: settings,
    "train_baseline": lambda settings: {name: settings[name] for name in ("subset", "baseline")},
    "adopt_detector": lambda settings: settings["own"],
    "attack_detector": lambda settings: settings["evaluation"],
    "follow_training": lambda settings: settings["evaluation"],
    "measure_geometry": lambda settings: settings["geometry"],
    "sweep_detector": lambda settings: {name: settings[name] for name in ("evaluation", "eps")},
}


def unrecorded_mismatches(workflow: Workflow) -> dict[str, list[str]]:
    """Of files without Snakemake's record of making them (copied, unpacked), those that this configuration
    would not make: path and, in words, what differs. Raises UserError for a damaged file.
    """
    unrecorded = [
        job
        for job in workflow.dag.jobs
        if job.rule.name in GIVEN
        and not workflow.dag.needrun(job)
        and not workflow.persistence.has_metadata(job)
        and Path(job.output[0]).is_file()
    ]
    found = {job.output[0]: mismatches(job) for job in unrecorded}
    return {path: differences for path, differences in found.items() if differences}


def mismatches(job: Job) -> list[str]:
    """How the artifact of a job is not what the job would make: of another subject, with other settings, or
    by other code.
    """
    identity = identity_of(Path(job.output[0]))
    have = {name: str(value) for name, value in identity.subject.items()}
    given = GIVEN[job.rule.name](identity.settings)
    return [
        *settings_differences(have, have | dict(job.wildcards.items())),
        *settings_differences(given, json.loads(job.params.settings)),
        *(["code: another version"] if identity.code != job.params.code else []),
    ]


def refuse_mismatches(workflow: Workflow) -> None:
    """Stop before anything runs on such files."""
    try:
        found = unrecorded_mismatches(workflow)
    except UserError as error:
        raise WorkflowError(str(error)) from None
    for path, differences in found.items():
        raise WorkflowError(
            f"{path} came without Snakemake's records and is not what this configuration makes "
            f"({'; '.join(differences)}): remove it, or use the configuration and code that made it."
        )
