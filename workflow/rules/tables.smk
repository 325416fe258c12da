"""Scores to tables."""


rule make_table:
    """A table: csv for machines, md, tex and html for people."""
    input:
        scores=scores_of_table,
        reported=REPORTED,
    output:
        csv=TABLE,
        for_people=[
            str(Path(TABLE).with_suffix(suffix)) for suffix in (".md", ".tex", ".html")
        ],
    log:
        LOGS / "tables/{table}.log",
    benchmark:
        LOGS / "tables/{table}.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=table_settings,
        pattern=score_pattern,
        code=code("make_table.py"),
    shell:
        "python scripts/make_table.py --scores {params.pattern:q} --reported {input.reported}"
        " --settings {params.settings:q} --output {output.csv} 2> {log}"
