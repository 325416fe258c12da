"""The params that make reruns exact. Snakemake compares a job's params as a set of values without names, so
each job has its settings as one canonical string, and the digest of the code behind its script as another.
"""

from functools import cache
from shlex import quote


def subject(wildcards):
    """What the artifact is about, as a command's options. A param, so that between-workflow caching, which
    knows a job by its params and inputs, tells two classes apart.
    """
    return " ".join(f"--{name} {quote(value)}" for name, value in wildcards.items())


CODES = {}  # the files behind each digest


def code(script, *modules):
    """Digest of a script and all it imports from cobra; tells Snakemake that code is an input."""
    path = Path(workflow.basedir) / "scripts" / script
    digest = code_digest(path, *modules)
    CODES[digest] = module_digests(path, *modules)
    return digest


def preparation_settings(wildcards):
    reader = LOCATED[wildcards.dataset].reader
    return canonical_json(CONFIG.preparation(wildcards.dataset, reader))


def preparation_code(wildcards):
    """The reader's code counts only for the data sets that it reads."""
    reader = LOCATED[wildcards.dataset].reader
    return code("prepare_dataset.py", module_name(reader))


def baseline_code(wildcards):
    """A baseline's code counts only for the methods that name it."""
    chosen = CONFIG.methods[wildcards.method].baseline
    return code("train_baseline.py", baseline_module(chosen["kind"]))


def folder_contents(wildcards):
    """What lies in a folder of raw data: Snakemake does not look below its top."""
    folder = LOCATED[wildcards.dataset].folder
    return contents_digest(folder) if folder else "files"


def generated_files(wildcards):
    """What lies in the folder of a class's generated anomalies, of which its training draws."""
    crafting = trained_settings(wildcards.dataset, wildcards.method).crafting
    return generated_contents(crafting.generated, wildcards.normal)


def generated_on_sheet(wildcards):
    settings = jobs.contact_sheet_settings(CONFIG, wildcards.dataset)
    return generated_contents(settings.crafting.generated, *settings.classes)


@cache
def generated_contents(generated, *classes):
    """By folder a digest of the files in it, as settings are written, so that `make why` names the folder."""
    if generated is None:
        return canonical_json({})
    folders = [class_folder(Path(generated.folder), name) for name in classes]
    return canonical_json(
        {f"files in {folder}": contents_digest(folder) for folder in folders}
    )


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


def evidence_options(wildcards, input):
    names = ("doubled", "sweep", "undefended")
    given = {name: getattr(input, name) for name in names}
    return " ".join(f"--{name} {path}" for name, path in given.items() if path)
