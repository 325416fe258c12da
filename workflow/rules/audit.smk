"""Tables to the audit: the paper held against itself, our results against the paper."""


rule make_audit:
    """One page: csv for machines; md and html for people."""
    input:
        reported=REPORTED,
        tables=expand(TABLE, table=CONFIG.tables),
        gates=GATE_TABLE if CONFIG.gates else [],
    output:
        csv=AUDIT,
        md=str(Path(AUDIT).with_suffix(".md")),
        html=report(
            str(Path(AUDIT).with_suffix(".html")),
            caption="../report/audit.rst",
            category=CATEGORIES["audit"],
            labels={"title": "The numbers of the paper and ours"},
        ),
    log:
        LOGS / "audit/audit.log",
    benchmark:
        LOGS / "audit/audit.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("make_audit.py"),
    shell:
        "python scripts/make_audit.py --reported {input.reported} --tables {input.tables}"
        " --gates {input.gates} --output {output.csv} 2> {log}"


rule audit:
    """The audit of all tables of the configuration."""
    input:
        AUDIT,
