"""What is written down of a run, and what is asked of files that came without such records."""

from cobra.code_book import FOLDER, write_code
from cobra.identities import identity_of, misfits

CODE_BOOK = RESULTS / FOLDER

# Of a rule's artifact, the part of its identity's settings that the job is given as `--settings`.
GIVEN = {
    "train_detector": lambda settings: settings,
    "train_baseline": lambda settings: {
        name: settings[name] for name in ("subset", "baseline")
    },
    "adopt_detector": lambda settings: settings["own"],
    "score_detector": lambda settings: settings["evaluation"],
    "attack_detector": lambda settings: settings["evaluation"],
    "follow_training": lambda settings: settings["evaluation"],
    "measure_geometry": lambda settings: settings["geometry"],
    "sweep_detector": lambda settings: {
        name: settings[name] for name in ("evaluation", "eps")
    },
}


def record_code():
    """Which files of code each digest in the params stands for, for `make why` and for the curious."""
    write_code(CODE_BOOK, CODES)


def strangers():
    """Of files without Snakemake's record of making them (copied, unpacked), those that this configuration
    would not make: path and, in words, what differs.
    """
    there = [job for job in workflow.dag.jobs if job.rule.name in GIVEN]
    unknown = [
        job
        for job in there
        if not workflow.dag.needrun(job)
        and not workflow.persistence.has_metadata(job)
        and Path(job.output[0]).is_file()
    ]
    found = {job.output[0]: misfits_of(job) for job in unknown}
    return {path: differences for path, differences in found.items() if differences}


def misfits_of(job):
    """How the artifact of a job is not what the job would make."""
    identity = identity_of(Path(job.output[0]))
    return misfits(
        identity,
        GIVEN[job.rule.name](identity.settings),
        names=dict(job.wildcards.items()),
        settings=job.params.settings,
        code=job.params.code,
    )


def require_no_strangers():
    """Stop before anything runs on them."""
    try:
        found = strangers()
    except UserError as error:  # a damaged file
        raise WorkflowError(str(error)) from None
    for path, differences in found.items():
        raise WorkflowError(
            f"{path} came without Snakemake's records and is not what this configuration makes "
            f"({'; '.join(differences)}): remove it, or use the configuration and code that made it."
        )
