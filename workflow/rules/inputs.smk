"""Which files the jobs of one detector need."""


def raw_sources(wildcards):
    """The files of a data set, or the one folder that holds them."""
    located = LOCATED[wildcards.dataset]
    # a folder's time says nothing of its content, of which a digest is a param
    return [ancient(located.folder)] if located.folder else list(located.files)


def detector_file(wildcards):
    """The detector of a method: trained, or taken in."""
    return detector_of(wildcards)


def detector_of(names):
    path = DESCRIPTOR if names["method"] in CONFIG.detectors else DETECTOR
    return path.format(**names)


@cache
def source_of(method, seed, attack):
    return jobs.source_of(CONFIG, method, seed, CONFIG.attacks[attack])


def source_detector(wildcards):
    """The detector on which a transfer attack is made."""
    source = source_of(wildcards.method, int(wildcards.seed), wildcards.attack)
    if source is None:
        return []
    path = DESCRIPTOR if source.method in CONFIG.detectors else DETECTOR
    return path.format(
        dataset=wildcards.dataset,
        normal=wildcards.normal,
        method=source.method,
        seed=source.seed,
    )


def scores_of_parts(wildcards):
    """The score files that a combination takes the worst of."""
    chosen = parts(wildcards.method, wildcards.score, wildcards.attack)
    return [SCORES.format(**{**wildcards, "attack": part}) for part in chosen]
