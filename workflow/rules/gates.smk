"""Scores to verdicts: may a figure be called robust?"""


rule check_gates:
    """Ten gates on one detector's figure, from its score files and a few probes."""
    input:
        data=rules.prepare_dataset.output.images,
        detector=detector_file,
        claim=claim_of_gates,
        parts=parts_of_gates,
        doubled=doubled_of_gates,
        sweep=sweep_of_gates,
        undefended=undefended_of_gates,
    output:
        GATES,
    log:
        LOGS / "gates/{dataset}/{normal}/{method}/seed{seed}/{score}.log",
    benchmark:
        LOGS / "gates/{dataset}/{normal}/{method}/seed{seed}/{score}.benchmark.tsv"
    conda:
        CONDA
    threads: 1
    resources:
        gpu=1,
        mem_mb=4000,
        runtime=60,
    params:
        subject=subject,
        settings=gate_settings,
        evidence=evidence_options,
        code=gate_code,
    shell:
        "python scripts/check_gates.py {params.subject} --data {input.data} --detector {input.detector} --claim {input.claim} --parts {input.parts}"
        " {params.evidence} --settings {params.settings:q} --threads {threads} --output {output} 2> {log}"
