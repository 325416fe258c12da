"""Figures."""


rule plot_contact_sheet:
    """Images of a data set to look at before anything is trained on them."""
    input:
        data=rules.prepare_dataset.output.images,
    output:
        png=report(
            CONTACT_SHEET,
            caption="../report/contact_sheet.rst",
            category=CATEGORIES["data"],
            labels={"title": "{dataset}"},
        ),
        svg=str(Path(CONTACT_SHEET).with_suffix(".svg")),
    log:
        LOGS / "figures/contact_sheet/{dataset}.log",
    benchmark:
        LOGS / "figures/contact_sheet/{dataset}.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=contact_sheet_settings,
        generated=generated_on_sheet,
        seed=CONFIG.seeds[0],
        code=sheet_code,
    shell:
        "python scripts/plot_contact_sheet.py --dataset {wildcards.dataset} --seed {params.seed}"
        " --data {input.data} --settings {params.settings:q} --output {output.png} 2> {log}"


rule plot_results:
    """A figure from files of results; its numbers beside it."""
    input:
        files_of_figure,
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
        figure="|".join(FIGURES_OF_RESULTS) or "(?!)",
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=figure_settings,
        files=figure_pattern,
        code=figure_code,
    shell:
        "python scripts/plot_results.py --files {params.files:q}"
        " --settings {params.settings:q} --output {output.png} 2> {log}"
