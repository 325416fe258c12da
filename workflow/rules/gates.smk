"""Scores to verdicts: may a figure be called robust?"""


rule check_gates:
    """Eleven gates on one detector's figure, from its score files and a few probes."""
    input:
        data=paths.prepared,
        detector=inputs.detector,
        claim=inputs.judged_scores,
        parts=inputs.judged_parts,
        doubled=inputs.doubled_scores,
        sweep=inputs.judged_sweep,
        undefended=inputs.undefended_scores,
    output:
        paths.gates,
    log:
        paths.logs / "gates/{dataset}/{normal}/{method}/seed{seed}/{score}.log",
    benchmark:
        paths.logs
        / "gates/{dataset}/{normal}/{method}/seed{seed}/{score}.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        gpu=1,
        mem_mb=4000,
        runtime=60,
    params:
        subject=options.subject,
        settings=settings.gates,
        evidence=options.evidence,
        code=codes.gates,
    shell:
        "python scripts/check_gates.py {params.subject} --data {input.data} --detector {input.detector} --claim {input.claim} --parts {input.parts}"
        " {params.evidence} --settings {params.settings:q} --threads {threads} --output {output} 2> {log}"
