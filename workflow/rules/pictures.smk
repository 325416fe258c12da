"""Figures of images and of what detectors make of them."""

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


rule plot_pictures:
    """A figure from images and detectors, computed anew; what it shows in numbers beside it."""
    input:
        data=data_of_pictures,
        detectors=detectors_of_pictures,
    output:
        png=report(
            FIGURE,
            caption="../report/figure.rst",
            category=CATEGORIES["figures"],
            labels=figure_labels,
        ),
        others=[str(Path(FIGURE).with_suffix(suffix)) for suffix in (".svg", ".csv")],
    log:
        LOGS / "figures/{figure}.log",
    benchmark:
        LOGS / "figures/{figure}.benchmark.tsv"
    wildcard_constraints:
        figure="|".join(PICTURES) or "(?!)",
    conda:
        CONDA
    threads: 1
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=120,
    params:
        settings=picture_settings,
        generated=generated_in_pictures,
        data=data_pattern,
        detectors=detector_pattern,
        code=code("plot_pictures.py"),
    shell:
        "python scripts/plot_pictures.py --data {params.data:q} --detectors {params.detectors:q}"
        " --settings {params.settings:q} --threads {threads} --output {output.png} 2> {log}"
