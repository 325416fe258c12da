"""Params that are neither settings nor digests: what a job is about, whether it may run, where files lie,
options.
"""

from shlex import quote


def subject(wildcards):
    """What the artifact is about, as a command's options. A param, so that between-workflow caching, which
    knows a job by its params and inputs, tells two classes apart.
    """
    return " ".join(f"--{name} {quote(value)}" for name, value in wildcards.items())


# What decides whether a job may run but not what it makes must not make it run again: Snakemake does not
# track params that are computed from input or output.


def preparation_policy(wildcards, input):
    return canonical_json(CONFIG.policy(wildcards.dataset))


def drop_folder_named(wildcards, output):
    return str(drop_folder(wildcards.dataset, RESOURCES))


def licence_switch(wildcards, output):
    accepted = wildcards.dataset in CONFIG.data.accept_licences
    return "--accept-licence" if accepted else ""


def score_pattern(wildcards):
    """Where score files lie; from a function, so that Snakemake leaves the braces alone."""
    return SCORES


def gate_pattern(wildcards):
    return GATES


def detector_patterns(wildcards):
    """Where detectors of ours lie, and descriptors of others."""
    return [DETECTOR, DESCRIPTOR]


def code_book(wildcards):
    return str(CODE_BOOK)


def data_log_patterns(wildcards):
    """Whose last words tell why a score file is not there: of preparing the data, and of all that follows."""
    return [str(LOGS / "prepare/{dataset}.log")]


def log_patterns(wildcards):
    """As above, of training and attack."""
    of_detector = "{dataset}/{normal}/{method}/seed{seed}"
    of_score = f"{of_detector}/{{score}}/{{attack}}"
    return [
        str(LOGS / f"{stage}.log")
        for stage in (
            f"train/{of_detector}",
            f"adopt/{of_detector}",
            f"attack/{of_score}",
            f"combine/{of_score}",
        )
    ]


def figure_pattern(wildcards):
    return BEHIND[CONFIG.figures[wildcards.figure].kind]


# Options for inputs that not every job has; what is computed from input is not tracked, the input itself is.


def source_option(wildcards, input):
    return f"--source {input.source}" if input.source else ""
