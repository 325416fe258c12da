"""Scores to tables."""


rule make_table:
    """A table: csv for machines, md, tex and html for people."""
    input:
        scores=inputs.table_scores,
        gates=inputs.table_gates,
        reported=paths.reported,
    output:
        csv=paths.table,
        html=report(
            beside(paths.table, ".html"),
            caption="../report/table.rst",
            category=CATEGORIES["tables"],
            labels=labels.table,
        ),
        others=[beside(paths.table, suffix) for suffix in (".md", ".tex")],
    log:
        paths.logs / "tables/{table}.log",
    benchmark:
        paths.logs / "tables/{table}.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        settings=settings.table,
        pattern=options.score_pattern,
        gates=options.gate_pattern,
        data_logs=options.data_logs,
        logs=options.score_logs,
        code=codes.script("make_table.py"),
    shell:
        "python scripts/make_table.py --scores {params.pattern:q} --gates {params.gates:q}"
        " --data-logs {params.data_logs:q} --logs {params.logs:q} --reported {input.reported}"
        " --settings {params.settings:q} --output {output.csv} 2> {log}"


rule trace_table:
    """Where each figure of a table comes from, with the times of its making; so it is no part of the table, which
    equal work makes equal.
    """
    input:
        table=paths.table,
        scores=inputs.table_scores,
        records=inputs.table_records,
    output:
        csv=paths.provenance,
        html=report(
            beside(paths.provenance, ".html"),
            caption="../report/provenance.rst",
            category=CATEGORIES["provenance"],
            labels=labels.table,
        ),
    log:
        paths.logs / "provenance/{table}.log",
    benchmark:
        paths.logs / "provenance/{table}.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=1000,
        runtime=20,
    params:
        settings=settings.table,
        pattern=options.score_pattern,
        detectors=options.detector_patterns,
        codes=options.code_book,
        code=codes.script("trace_table.py"),
    shell:
        "python scripts/trace_table.py --table {input.table} --scores {params.pattern:q} --detectors {params.detectors:q}"
        " --codes {params.codes:q} --settings {params.settings:q} --output {output.csv} 2> {log}"


rule make_gate_table:
    """The verdicts of all gates: csv for machines; md, tex and html for people."""
    input:
        gates=inputs.all_gates,
    output:
        csv=paths.gate_table,
        html=report(
            beside(paths.gate_table, ".html"),
            caption="../report/gates.rst",
            category=CATEGORIES["gates"],
            labels={"title": "Verdicts of all gates"},
        ),
        others=[beside(paths.gate_table, suffix) for suffix in (".md", ".tex")],
    log:
        paths.logs / "tables/gates.log",
    benchmark:
        paths.logs / "tables/gates.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        settings=settings.gate_table,
        pattern=options.gate_pattern,
        code=codes.script("make_gate_table.py"),
    shell:
        "python scripts/make_gate_table.py --gates {params.pattern:q}"
        " --settings {params.settings:q} --output {output.csv} 2> {log}"


rule make_audit:
    """One page: csv for machines; md and html for people."""
    input:
        reported=paths.reported,
        tables=expand(paths.table, table=CONFIG.tables),
        gates=paths.gate_table if CONFIG.gates else [],
    output:
        csv=paths.audit,
        md=beside(paths.audit, ".md"),
        html=report(
            beside(paths.audit, ".html"),
            caption="../report/audit.rst",
            category=CATEGORIES["audit"],
            labels={"title": "The numbers of the paper and ours"},
        ),
    log:
        paths.logs / "audit/audit.log",
    benchmark:
        paths.logs / "audit/audit.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=codes.script("make_audit.py"),
    shell:
        "python scripts/make_audit.py --reported {input.reported} --tables {input.tables}"
        " --gates {input.gates} --output {output.csv} 2> {log}"


rule audit:
    """The audit of all tables of the configuration."""
    input:
        paths.audit,


for table_name in CONFIG.tables:

    rule:
        name:
            f"table_{table_name}"
        input:
            paths.table.format(table=table_name),
