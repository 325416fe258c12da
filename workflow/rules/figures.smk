"""Figures."""


rule plot_contact_sheet:
    """Images of a data set to look at before anything is trained on them."""
    input:
        data=paths.prepared,
    output:
        png=report(
            paths.contact_sheet,
            caption="../report/contact_sheet.rst",
            category=CATEGORIES["data"],
            labels={"title": "{dataset}"},
        ),
        svg=beside(paths.contact_sheet, ".svg"),
    log:
        paths.logs / "figures/contact_sheet/{dataset}.log",
    benchmark:
        paths.logs / "figures/contact_sheet/{dataset}.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings.contact_sheet,
        generated=contents.generated_on_sheet,
        seed=CONFIG.seeds[0],
        code=codes.contact_sheet,
    shell:
        "python scripts/plot_contact_sheet.py --dataset {wildcards.dataset} --seed {params.seed}"
        " --data {input.data} --settings {params.settings:q} --output {output.png} 2> {log}"


rule plot_results:
    """A figure from files of results; its numbers beside it."""
    input:
        inputs.figure_files,
    output:
        png=report(
            paths.figure,
            caption="../report/figure.rst",
            category=CATEGORIES["figures"],
            labels=labels.figure,
        ),
        others=[beside(paths.figure, suffix) for suffix in (".svg", ".csv")],
    log:
        paths.logs / "figures/{figure}.log",
    benchmark:
        paths.logs / "figures/{figure}.benchmark.tsv"
    wildcard_constraints:
        figure="|".join(experiment.plots) or "(?!)",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings.figure,
        files=options.figure_pattern,
        code=codes.figure,
    shell:
        "python scripts/plot_results.py --files {params.files:q}"
        " --settings {params.settings:q} --output {output.png} 2> {log}"


rule plot_pictures:
    """A figure from images and detectors, computed anew; what it shows in numbers beside it."""
    input:
        data=inputs.pictured_data,
        detectors=inputs.pictured_detectors,
    output:
        png=report(
            paths.figure,
            caption="../report/figure.rst",
            category=CATEGORIES["figures"],
            labels=labels.figure,
        ),
        others=[beside(paths.figure, suffix) for suffix in (".svg", ".csv")],
    log:
        paths.logs / "figures/{figure}.log",
    benchmark:
        paths.logs / "figures/{figure}.benchmark.tsv"
    wildcard_constraints:
        figure="|".join(experiment.pictures) or "(?!)",
    conda:
        CONDA
    threads: 1
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=120,
    params:
        settings=settings.picture,
        generated=contents.generated_in_picture,
        data=options.data_pattern,
        detectors=options.detector_pattern,
        code=codes.picture,
    shell:
        "python scripts/plot_pictures.py --data {params.data:q} --detectors {params.detectors:q}"
        " --settings {params.settings:q} --threads {threads} --output {output.png} 2> {log}"


rule figures:
    """Every figure of the configuration, those that show images too, and what its data look like."""
    input:
        expand(paths.figure, figure=CONFIG.figures),
        expand(paths.contact_sheet, dataset=CONFIG.datasets),
