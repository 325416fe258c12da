"""Scores to tables."""


rule make_table:
    """A table: csv for machines, md, tex and html for people."""
    input:
        scores=scores_of_table,
        gates=gates_of_table,
        reported=REPORTED,
    output:
        csv=TABLE,
        html=report(
            str(Path(TABLE).with_suffix(".html")),
            caption="../report/table.rst",
            category=CATEGORIES["tables"],
            labels=table_labels,
        ),
        others=[str(Path(TABLE).with_suffix(suffix)) for suffix in (".md", ".tex")],
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
        gates=gate_pattern,
        data_logs=data_log_patterns,
        logs=log_patterns,
        code=code("make_table.py"),
    shell:
        "python scripts/make_table.py --scores {params.pattern:q} --gates {params.gates:q}"
        " --data-logs {params.data_logs:q} --logs {params.logs:q} --reported {input.reported}"
        " --settings {params.settings:q} --output {output.csv} 2> {log}"


rule trace_table:
    """Where each figure of a table comes from, with the times of its making; so it is no part of the table, which
    equal work makes equal.
    """
    input:
        table=TABLE,
        scores=scores_of_table,
        records=records_of_table,
    output:
        csv=PROVENANCE,
        html=report(
            str(Path(PROVENANCE).with_suffix(".html")),
            caption="../report/provenance.rst",
            category=CATEGORIES["provenance"],
            labels=table_labels,
        ),
    log:
        LOGS / "provenance/{table}.log",
    benchmark:
        LOGS / "provenance/{table}.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=1000,
        runtime=20,
    params:
        settings=table_settings,
        pattern=score_pattern,
        detectors=detector_patterns,
        codes=code_book,
        code=code("trace_table.py"),
    shell:
        "python scripts/trace_table.py --table {input.table} --scores {params.pattern:q} --detectors {params.detectors:q}"
        " --codes {params.codes:q} --settings {params.settings:q} --output {output.csv} 2> {log}"


rule make_gate_table:
    """The verdicts of all gates: csv for machines; md, tex and html for people."""
    input:
        gates=gates_of_all,
    output:
        csv=GATE_TABLE,
        html=report(
            str(Path(GATE_TABLE).with_suffix(".html")),
            caption="../report/gates.rst",
            category=CATEGORIES["gates"],
            labels={"title": "Verdicts of all gates"},
        ),
        others=[str(Path(GATE_TABLE).with_suffix(suffix)) for suffix in (".md", ".tex")],
    log:
        LOGS / "tables/gates.log",
    benchmark:
        LOGS / "tables/gates.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=gate_table_settings,
        pattern=gate_pattern,
        code=code("make_gate_table.py"),
    shell:
        "python scripts/make_gate_table.py --gates {params.pattern:q}"
        " --settings {params.settings:q} --output {output.csv} 2> {log}"
