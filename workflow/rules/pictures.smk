"""Figures of images and of what detectors make of them."""


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
        code=picture_code,
    shell:
        "python scripts/plot_pictures.py --data {params.data:q} --detectors {params.detectors:q}"
        " --settings {params.settings:q} --threads {threads} --output {output.png} 2> {log}"
