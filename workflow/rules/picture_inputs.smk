"""Which files and settings each figure of pictures needs."""

from cobra.settings.picture_jobs import picture_settings as settings_of_picture


def picture_settings(wildcards):
    return canonical_json(settings_of_picture(CONFIG, wildcards.figure))


def data_of_pictures(wildcards):
    """The prepared data sets that a figure shows."""
    datasets = CONFIG.figures[wildcards.figure].datasets
    return [PREPARED.format(dataset=name) for name in datasets]


def detectors_of_pictures(wildcards):
    """The detectors that it shows."""
    settings = settings_of_picture(CONFIG, wildcards.figure)
    return [
        (DESCRIPTOR if panel.own else DETECTOR).format(
            dataset=panel.dataset,
            normal=panel.normal,
            method=panel.method,
            seed=settings.seed,
        )
        for panel in settings.detectors
    ]


def generated_in_pictures(wildcards):
    """What lies in the folders of generated anomalies that galleries draw from."""
    found = {}
    for panel in settings_of_picture(CONFIG, wildcards.figure).crafted:
        found |= json.loads(generated_contents(panel.crafting.generated, panel.normal))
    return canonical_json(found)


def data_pattern(wildcards):
    """From a function, so that Snakemake leaves the braces alone."""
    return PREPARED


def detector_pattern(wildcards):
    return DETECTOR
