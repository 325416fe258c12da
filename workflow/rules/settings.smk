"""The settings of each job, as canonical strings: Snakemake compares a job's params as a set of values without
names. They are kept: thousands of jobs differ in their class alone, and planning asks for each.
"""


def preparation_settings(wildcards):
    reader = LOCATED[wildcards.dataset].reader
    return canonical_json(CONFIG.preparation(wildcards.dataset, reader))


def detector_settings(wildcards):
    return trained(wildcards.dataset, wildcards.method)


@cache
def trained(dataset, method):
    return canonical_json(trained_settings(dataset, method))


@cache
def trained_settings(dataset, method):
    return CONFIG.detector_settings(dataset, method)


def baseline_settings(wildcards):
    return trained_baseline(wildcards.dataset, wildcards.method)


@cache
def trained_baseline(dataset, method):
    return canonical_json(CONFIG.baseline_settings(dataset, method))


def own_settings(wildcards):
    return canonical_json(CONFIG.detectors[wildcards.method].own)


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


def geometry_settings(wildcards):
    return canonical_json(CONFIG.geometry)
