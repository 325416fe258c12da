"""The params that make reruns exact. Snakemake compares a job's params as a set of values without names, so
each job has its settings as one canonical string, and the digest of the code behind its script as another.

Settings are kept: thousands of jobs differ in their class or seed alone, and planning asks for each.
"""

from functools import cache
from shlex import quote


def subject(wildcards):
    """What the artifact is about, as a command's options. A param, so that between-workflow caching, which
    knows a job by its params and inputs, tells two classes apart.
    """
    return " ".join(f"--{name} {quote(value)}" for name, value in wildcards.items())


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
    return trained(wildcards.dataset, wildcards.method)


@cache
def trained(dataset, method):
    return canonical_json(CONFIG.detector_settings(dataset, method))


def own_settings(wildcards):
    return canonical_json(CONFIG.detectors[wildcards.method].own)


def own_code(wildcards):
    """The user's module and declared files are code of the job that takes the detector in."""
    return canonical_json(OWN_CODE[wildcards.method])


def judged(wildcards):
    """Data set, method, seed and score of a job."""
    return (
        wildcards.dataset,
        wildcards.method,
        int(wildcards.seed),
        wildcards.score,
    )


def attack_settings(wildcards):
    return evaluation(*judged(wildcards), wildcards.attack)


def clean_settings(wildcards):
    return evaluation(*judged(wildcards), None)


@cache
def evaluation(*job):
    return canonical_json(jobs.evaluation_settings(CONFIG, *job))


@cache
def parts(method, score, attack):
    return jobs.parts_for(CONFIG, method, score, attack)


def combination_settings(wildcards):
    return combined(wildcards.method, wildcards.score, wildcards.attack)


@cache
def combined(*job):
    return canonical_json(jobs.combination_settings(CONFIG, *job))


def sweep_settings(wildcards):
    return swept(*judged(wildcards), wildcards.sweep)


@cache
def swept(*job):
    return canonical_json(jobs.sweep_settings(CONFIG, *job))


@cache
def gated(*job):
    return jobs.gate_settings(CONFIG, *job)


def gate_settings(wildcards):
    return canonical_json(gated(*judged(wildcards)))


def table_settings(wildcards):
    return canonical_json(jobs.table_settings(CONFIG, wildcards.table))


def gate_table_settings(wildcards):
    return canonical_json(jobs.gate_table_settings(CONFIG))


def figure_settings(wildcards):
    return canonical_json(jobs.figure_settings(CONFIG, wildcards.figure))


def contact_sheet_settings(wildcards):
    return canonical_json(jobs.contact_sheet_settings(CONFIG, wildcards.dataset))


def score_pattern(wildcards):
    """Where score files lie; from a function, so that Snakemake leaves the braces alone."""
    return SCORES


def gate_pattern(wildcards):
    return GATES


def sweep_pattern(wildcards):
    return SWEEP


CODES = {}  # the files behind each digest


def code(script, *modules):
    """Digest of a script and all it imports from cobra; tells Snakemake that code is an input."""
    path = Path(workflow.basedir) / "scripts" / script
    digest = code_digest(path, *modules)
    CODES[digest] = module_digests(path, *modules)
    return digest


# Options for inputs that not every job has; what is computed from input is not tracked, the input itself is.


def source_option(wildcards, input):
    return f"--source {input.source}" if input.source else ""


def evidence_options(wildcards, input):
    names = ("doubled", "sweep", "undefended")
    given = {name: getattr(input, name) for name in names}
    return " ".join(f"--{name} {path}" for name, path in given.items() if path)
